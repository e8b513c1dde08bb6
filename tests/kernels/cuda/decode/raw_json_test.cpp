#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/cuda/decode/device_decoding.hpp"
#include "tests/kernels/cuda/decode/text_documents.hpp"

// JSON documents, decoded on the device by learned shapes and by the host's decoder.
namespace sluice::testing {
namespace {

// Time `t`, key `k`, values `i` int64, `f` double, `d` decimal(2), `o.x` int64.
Format json_format(Framing framing) {
  Format format = format_of(FormatType::json, framing);
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2), int64_value("o.x")};
  return format;
}

class Documents {
 public:
  Documents(std::uint64_t seed, std::uint64_t odd) : pieces_(seed, odd) {}

  TextPieces& pieces() { return pieces_; }

  std::string next() {
    std::string document = whole(pieces_.below(6));
    if (pieces_.odd()) mutate(document);
    return document;
  }

  std::vector<std::string> next(std::size_t count) {
    std::vector<std::string> documents(count);
    for (std::string& document : documents) document = next();
    return documents;
  }

 private:
  std::string text() {
    if (pieces_.odd()) {
      return pieces_.pick({R"("a\"b")", R"("\u0041")", R"("\ud800")", R"("a\tb")", "\"\xC3\xA9\"",
                           "\"\xFF\"", "\"a\tb\"", "\"a\x1f\"", "null", "17", "[1]", "{}"});
    }
    return '"' + pieces_.word() + '"';
  }

  std::string integer() { return pieces_.integer(); }
  std::string time() {
    return pieces_.odd() ? pieces_.fraction() : std::to_string(pieces_.below(1u << 30));
  }

  std::string whole(std::uint64_t kind) {
    switch (kind) {
      case 0:
        return R"({"t":)" + time() + R"(,"k":)" + text() + R"(,"i":)" + integer() + R"(,"f":)" +
               pieces_.fraction() + R"(,"d":)" + pieces_.fraction() + "}";
      case 1:
        return R"({"k":)" + integer() + R"(, "t": )" + time() + R"(, "o": {"y": 1, "x": )" +
               integer() + R"(}, "a": [1, )" + pieces_.fraction() + R"(, "z"]})";
      case 2:
        return R"( {"unread":)" + text() + R"(,"t":)" + time() + R"(,"b":)" +
               pieces_.pick({"true", "false", "null"}) + R"(,"k":true,"f":)" + integer() + "} ";
      case 3:
        return R"({"t":1,"t":)" + time() + R"(,"i":null,"k":null,"d":)" + pieces_.fraction() + "}";
      case 4:
        return R"({"naïve\n":[],"t":)" + time() + R"(,"i":)" + integer() + "}";
      default:
        return R"({"t":)" + time() + R"(,"k":)" + text() + "}";
    }
  }

  void mutate(std::string& document) {
    const std::size_t place = pieces_.below(document.size());
    switch (pieces_.below(4)) {
      case 0:
        document.erase(place);
        break;
      case 1:
        document.erase(place, 1);
        break;
      case 2:
        document.insert(place, pieces_.pick({" ", "\"", "}", "{", ",", "\\", "x", "0", "\t"}));
        break;
      default:
        document[place] = static_cast<char>(pieces_.below(256));
    }
    std::erase(document, '\n');
  }

  TextPieces pieces_;
};

TEST(RawJson, MixedDocumentsInLines) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  Documents documents(11, 15);
  for (int batch = 0; batch < 60; ++batch) {
    const auto lines = in_lines(documents.next(documents.pieces().below(150)), documents.pieces());
    if (!expect_same(device, format, scattered_block(lines, documents.pieces()))) FAIL();
    if (HasFailure()) return;
  }
  EXPECT_GT(device.decoded(), 3'000u);
  EXPECT_LT(device.listed(), device.decoded() * 7 / 10);
}

TEST(RawJson, MixedDocumentsOneAMessage) {
  const Format format = json_format(Framing::message);
  DeviceDecoding device(format);
  Documents documents(12, 15);
  for (int batch = 0; batch < 60; ++batch) {
    const auto messages = documents.next(documents.pieces().below(150));
    if (!expect_same(device, format, scattered_block(messages, documents.pieces()))) FAIL();
    if (HasFailure()) return;
  }
  EXPECT_LT(device.listed(), device.decoded() * 7 / 10);
}

TEST(RawJson, PlainDocumentsOfKnownShapesAreAllDecodedOnTheDevice) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  Documents documents(13, 1'000'000);
  const auto next = [&] {
    return scattered_block(in_lines(documents.next(200), documents.pieces()), documents.pieces());
  };
  expect_same(device, format, next());
  const std::size_t learning = device.listed();
  for (int batch = 0; batch < 10; ++batch) expect_same(device, format, next());

  // Strings beyond what the device hashes, and numbers that a column has no place for, are left.
  EXPECT_LT(device.listed() - learning, 2'200u / 3);
}

TEST(RawJson, NumbersOfEveryLength) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  std::vector<std::string> documents(2, R"({"t":1,"i":1,"f":1,"d":1})");
  for (std::size_t digits = 1; digits < 25; ++digits) {
    for (const std::string sign : {"", "-"}) {
      for (const char digit : {'1', '9'}) {
        const std::string whole = sign + std::string(digits, digit);
        for (std::size_t decimals = 0; decimals < 22; ++decimals) {
          const std::string number =
              decimals == 0 ? whole : whole + '.' + std::string(decimals, digit);
          documents.push_back(R"({"t":1,"i":)" + whole + R"(,"f":)" + number + R"(,"d":)" +
                              (decimals < 3 ? number : whole) + "}");
        }
      }
    }
  }
  for (std::size_t first = 0; first < documents.size(); first += 500) {
    std::string message;
    for (std::size_t i = first; i < std::min(first + 500, documents.size()); ++i) {
      message += documents[i] + '\n';
    }
    EXPECT_TRUE(expect_same(device, format, block_of({message})));
  }
  EXPECT_GT(device.decoded() - device.listed(), 200u);
}

TEST(RawJson, KeysOfEveryLengthAndOfSeveralColumns) {
  for (const bool several : {false, true}) {
    Format format = json_format(Framing::lines);
    format.key_seed = 99;
    format.max_key_bytes = 280;
    if (several) format.keys.push_back(key("i", KeyType::int64));
    if (several) format.keys.push_back(key("b", KeyType::boolean));
    DeviceDecoding device(format);
    std::string message;
    for (std::size_t length = 0; length < 300; ++length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i)
        text += static_cast<char>(' ' + (i * 7 + length) % 2 + 65);
      message +=
          R"({"t":1,"k":")" + text + R"(","i":)" + std::to_string(length) + R"(,"b":true})" + "\n";
    }
    for (int round = 0; round < 2; ++round) {
      EXPECT_TRUE(expect_same(device, format, block_of({message})));
    }
    EXPECT_LT(device.listed(), 300u + 100u);
  }
}

TEST(RawJson, TimesInText) {
  Format format = json_format(Framing::lines);
  format.event_time.unit = TimeUnit::iso8601;
  DeviceDecoding device(format);
  TextPieces pieces(14, 10);
  for (int batch = 0; batch < 5; ++batch) {
    std::string message;
    for (int line = 0; line < 300; ++line) message += R"({"t":")" + pieces.iso_time() + "\"}\n";
    EXPECT_TRUE(expect_same(device, format, block_of({message})));
  }
  EXPECT_LT(device.listed(), device.decoded() / 2);
}

TEST(RawJson, VeryLongDocumentsAreForTheHost) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  std::string message;
  for (const std::size_t length : {10u, 10u, 10u, 16'000u, 16'370u, 16'384u, 20'000u, 100'000u}) {
    message += R"({"t":1,"k":"x","unread":")" + std::string(length, 'a') + "\"}\n";
  }
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(expect_same(device, format, block_of({message})));
  }
  EXPECT_EQ(device.decoded() - device.listed(), 4u);
}

TEST(RawJson, TypedKeysAndRequiredValues) {
  Format format = json_format(Framing::message);
  format.keys = {key("k", KeyType::string), key("i", KeyType::int64)};
  format.values[0].required = true;
  format.values[2].required = true;
  DeviceDecoding device(format);
  Documents documents(15, 15);
  for (int batch = 0; batch < 20; ++batch) {
    expect_same(device, format, block_of(documents.next(100)));
    if (HasFailure()) return;
  }
}

TEST(RawJson, TheEighthShapeIsTheLast) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  std::string message;
  for (int shape = 0; shape < 12; ++shape) {
    const std::string name(static_cast<std::size_t>(shape) + 1, 'n');
    for (int twice = 0; twice < 2; ++twice) message += "{\"t\":1,\"" + name + "\":2}\n";
  }
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(expect_same(device, format, block_of({message})));
  }
  EXPECT_EQ(device.decoded() - device.listed(), 2u * 2u * 8u);
}

TEST(RawJson, MoreLinesThanABatchHoldsAreForTheHost) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format, 1024);
  std::string message;
  for (int line = 0; line < 1025; ++line) message += "{\"t\":1}\n";

  EXPECT_FALSE(device.decode(block_of({message})));
  EXPECT_TRUE(device.decode(block_of({message.substr(8)})));
}

TEST(RawJson, LineEndsInEveryPlaceOfAWord) {
  const Format format = json_format(Framing::lines);
  DeviceDecoding device(format);
  for (std::size_t before = 0; before < 40; ++before) {
    for (const std::string end : {"\n", "\r\n", "\n\n\n", "\r\n\r\n", "", "\r"}) {
      std::string message(before, '\n');
      for (int line = 0; line < 3; ++line)
        message += "{\"t\":" + std::string(before + 1, '1') + "}\n";
      EXPECT_TRUE(expect_same(device, format, block_of({message + "{\"t\":5}" + end, message})));
    }
  }
}

}  // namespace
}  // namespace sluice::testing
