#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/decode/filter_number.hpp"
#include "tests/kernels/cuda/decode/device_decoding.hpp"
#include "tests/kernels/cuda/decode/filter_texts.hpp"
#include "tests/kernels/cuda/decode/text_documents.hpp"

// A job's condition, judged on the device and by the host's decoder with its filter.
namespace sluice::testing {
namespace {

/// `k` a key, `i` int64, `f` double, `d` decimal(2); `n`, `s`, `b` are for the filter alone, as
/// number, string, boolean. Any of them may be missing, or of another kind.
Format json_format() {
  Format format = format_of(FormatType::json, Framing::lines);
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2)};
  return format;
}

const FilterTexts::Columns columns = {{"i", "f", "d", "n"}, {"s", "k", "\"o.s\""}, {"b"}};

std::string member(TextPieces& pieces, const std::string& name, const std::string& value) {
  const std::string odd = pieces.pick({"null", "true", "\"7\"", "12", "1.5e2", "\"a\\\"b\""});
  return ",\"" + name + "\":" + (pieces.odd() ? odd : value);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string document(TextPieces& pieces) {
  std::string text = R"({"t":)" + std::to_string(pieces.below(1000));
  text += member(pieces, "k", quoted(pieces.word().substr(0, 3)));
  text += ",\"i\":" + pieces.integer() + ",\"f\":" + pieces.fraction();
  text += pieces.below(2) == 0 ? ",\"d\":" + std::to_string(pieces.below(1000)) + ".25" : "";
  text += member(pieces, "n", pieces.pick({pieces.fraction(), pieces.integer(), "3"}));
  text += member(pieces, "s", quoted(pieces.word().substr(0, pieces.below(12))));
  text += member(pieces, "b", pieces.pick({"true", "false"}));
  return text + "}";
}

std::string row(TextPieces& pieces) {
  const auto odd_or = [&](const std::string& field) {
    return pieces.odd() ? pieces.pick({"", "true", "x", "1e3", "nan", "\xC3\xA9", "007"}) : field;
  };
  std::string text = odd_or(pieces.word().substr(0, 3)) + "," + std::to_string(pieces.below(1000));
  text += "," + (pieces.below(9) == 0 ? "" : pieces.integer()) + "," + pieces.fraction();
  text += "," + std::to_string(pieces.below(1000)) + ".25";
  text += "," + odd_or(pieces.fraction()) + "," + odd_or(pieces.word().substr(0, 9));
  text += "," + odd_or(pieces.pick({"true", "false"}));
  if (pieces.odd()) text.resize(pieces.below(text.size() + 1));
  return text;
}

Format csv_format() {
  Format format = json_format();
  format.type = FormatType::csv;
  format.csv.columns = {"k", "t", "i", "f", "d", "n", "s", "b"};
  return format;
}

std::vector<std::string> events(TextPieces& pieces,
                                const std::function<std::string(TextPieces&)>& next) {
  std::vector<std::string> all(20 + pieces.below(120));
  for (std::string& event : all) event = next(pieces);
  return all;
}

/// Random conditions, each over two batches.
class RandomFilters {
 public:
  RandomFilters(std::uint64_t seed, Format format, FilterTexts::Columns of)
      : texts_(seed, std::move(of)), format_(std::move(format)) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  }

  TextPieces& pieces() { return texts_.pieces(); }

  /// @param next makes a block
  void run(int filters, const std::function<SourceBlock()>& next) {
    for (int taken = 0; taken < filters && !::testing::Test::HasFailure();) {
      const std::string text = texts_.next();
      SCOPED_TRACE(text);
      std::optional<FilteredFormat> format;
      try {
        const bool guarded = pieces().below(3) == 0;
        format.emplace(format_, Where{text, guarded ? std::optional(100) : std::nullopt});
      } catch (const FilterError&) {
        continue;
      }
      if (!format->plan().plan) continue;
      ++taken;
      judge(*format, next);
    }
    EXPECT_GT(kept_, 100u);
    EXPECT_GT(filtered_, 100u);
    EXPECT_LT(listed_, decoded_ * 8 / 10);
  }

 private:
  void judge(const FilteredFormat& format, const std::function<SourceBlock()>& next) {
    DeviceDecoding device(format);
    for (int batch = 0; batch < 3; ++batch) {
      SourceBlock block = next();
      block.now = 500;
      if (!expect_same(device, block)) continue;
      const PlainBatch expected = decode_on_host(format, block);
      kept_ += expected.events.size();
      filtered_ += expected.filtered;
    }
    decoded_ += device.decoded();
    listed_ += device.listed();
  }

  FilterTexts texts_;
  Format format_;
  std::size_t kept_ = 0;
  std::size_t filtered_ = 0;
  std::size_t decoded_ = 0;
  std::size_t listed_ = 0;
};

TEST(RawFilter, RandomConditionsOverJsonLines) {
  RandomFilters filters(41, json_format(), columns);
  filters.run(80, [&] {
    return scattered_block(in_lines(events(filters.pieces(), document), filters.pieces()),
                           filters.pieces());
  });
}

TEST(RawFilter, RandomConditionsOverJsonMessagesWithKeysOfSeveralColumns) {
  Format format = json_format();
  format.framing = Framing::message;
  format.keys = {key("k", KeyType::string), key("b", KeyType::boolean)};
  RandomFilters filters(42, format, columns);
  filters.run(
      150, [&] { return scattered_block(events(filters.pieces(), document), filters.pieces()); });
}

TEST(RawFilter, RandomConditionsOverCsvLines) {
  RandomFilters filters(43, csv_format(), columns);
  filters.run(80, [&] {
    return scattered_block(in_lines(events(filters.pieces(), row), filters.pieces()),
                           filters.pieces());
  });
}

TEST(RawFilter, RandomConditionsOverRows) {
  using Type = BinaryField::Type;
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.layout = {{"t", Type::int16, 2},   {"i", Type::int64, 8},   {"f", Type::float64, 8},
                          {"n", Type::uint64, 8},  {"m", Type::float32, 4}, {"s", Type::chars, 5},
                          {"b", Type::boolean, 1}, {"k", Type::uint8, 1}};
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("k", 3)};
  RandomFilters filters(44, format, {{"i", "f", "n", "m", "t"}, {"s", "missing"}, {"b"}});
  const auto bytes = [&](std::size_t count, std::uint64_t limit) {
    std::string text;
    for (; count > 0; --count) text += static_cast<char>(filters.pieces().below(limit));
    return text;
  };
  const auto integer = [&] {
    return filters.pieces().below(2) == 0 ? bytes(8, 256) : bytes(1, 256) + std::string(7, '\0');
  };
  filters.run(80, [&] {
    std::vector<std::string> messages(1 + filters.pieces().below(9));
    for (std::string& message : messages) {
      for (std::uint64_t left = filters.pieces().below(30); left > 0; --left) {
        const double real = static_cast<double>(filters.pieces().below(4096)) / 16 - 100;
        const float narrow = static_cast<float>(real);
        message += bytes(2, 16);
        message += integer();
        message.append(reinterpret_cast<const char*>(&real), 8);
        message += integer();
        message.append(reinterpret_cast<const char*>(&narrow), 4);
        message += bytes(5, 3) + bytes(1, filters.pieces().odd() ? 4 : 2) + bytes(1, 256);
      }
    }
    return scattered_block(messages, filters.pieces());
  });
}

/// Rows of a time and a value, both int64.
Format pairs() {
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.layout = {{"t", BinaryField::Type::int64, 8}, {"v", BinaryField::Type::int64, 8}};
  format.keys = {key("v")};
  format.values = {int64_value("v")};
  return format;
}

std::string pair(std::int64_t time, std::int64_t value) {
  std::string text(16, '\0');
  std::memcpy(text.data(), &time, 8);
  std::memcpy(text.data() + 8, &value, 8);
  return text;
}

TEST(RawFilter, WhatTheFutureGuardWillRefuseIsNotFiltered) {
  DeviceDecoding device(FilteredFormat(pairs(), {"v > 0", 10}));
  SourceBlock block = block_of({pair(109, -1) + pair(110, -1) + pair(111, -1) + pair(112, 1)});
  block.now = 100;
  const auto batch = device.decode(block);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->filtered, 2u);
  EXPECT_EQ(batch->filtered_maxima, (std::map<PartitionIndex, EventTime>{{0, 110}}));
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_EQ(batch->events[0].time, 111);
  EXPECT_EQ(batch->min_time, 111);
}

TEST(RawFilter, EveryPartitionThatLosesEventsTellsItsLargestTime) {
  DeviceDecoding device(FilteredFormat(pairs(), {"v > 0"}));
  std::vector<std::string> messages(7);
  for (std::size_t m = 0; m < messages.size(); ++m) {
    for (std::int64_t i = 0; i < 300; ++i) {
      messages[m] += pair(static_cast<std::int64_t>(m) * 1000 - i, m == 3 ? 1 : i % 3 - 1);
    }
  }
  SourceBlock block = block_of(messages);
  for (std::size_t m = 0; m < messages.size(); ++m) {
    block.messages[m].partition = static_cast<PartitionIndex>(m * 2);
  }
  EXPECT_TRUE(expect_same(device, block));
  EXPECT_EQ(device.listed(), 0u);
  const auto batch = device.decode(block);
  EXPECT_EQ(batch->filtered_maxima.size(), 6u);
  EXPECT_EQ(batch->filtered_maxima.at(8), 4000);
}

TEST(RawFilter, AllOrNothingMayPassInManyTiles) {
  for (const char* const condition : {"v > -5", "v > 5", "v = 3", "v <> 3", "v IS NULL"}) {
    SCOPED_TRACE(condition);
    DeviceDecoding device(FilteredFormat(pairs(), {condition}), 20'000);
    for (const std::int64_t rows : {0, 1, 15, 16, 17, 4095, 4096, 4097, 13'000, 4098, 17, 3}) {
      std::string message;
      for (std::int64_t i = 0; i < rows; ++i) message += pair(i, i * 7 % 5);
      EXPECT_TRUE(expect_same(device, block_of({message})));
    }
  }
}

TEST(RawFilter, ListedEventsAreJudgedByTheHost) {
  Format format = json_format();
  DeviceDecoding device(FilteredFormat(format, {"s = 'caf\xC3\xA9' AND n > 1e2"}));
  std::string message;
  for (int i = 0; i < 40; ++i) {
    message += R"({"t":1,"k":"x","s":")" + std::string(i % 3 == 0 ? "caf\xC3\xA9" : "tea") +
               R"(","n":)" + (i % 2 == 0 ? "1.5e2" : "7") + "}\n";
  }
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(expect_same(device, block_of({message})));
  }
  const auto batch = device.decode(block_of({message}));
  EXPECT_EQ(batch->events.size(), 7u);
  EXPECT_EQ(batch->filtered, 33u);
}

TEST(RawFilter, AColumnOfAnotherKindIsNullOnTheDevice) {
  DeviceDecoding csv(
      FilteredFormat(csv_format(), {"n IS NULL AND b IS NULL AND NOT b IS TRUE OR n > 5"}));
  EXPECT_TRUE(
      expect_same(csv, block_of({"k,1,1,1,1,x,s,yes\nk,2,1,1,1,nan,s,1\nk,3,1,1,1,6,s,\n"})));
  EXPECT_EQ(csv.listed(), 0u);

  DeviceDecoding json(FilteredFormat(json_format(), {"n > 5 OR s < 'b' OR b"}));
  std::string message;
  for (const char* const scalar : {"true", "\"a\"", "7", "null"}) {
    for (int twice = 0; twice < 2; ++twice) {
      message += R"({"t":1,"n":)" + std::string(scalar) + R"(,"s":)" + scalar + R"(,"b":)" +
                 scalar + "}\n";
    }
  }
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(expect_same(json, block_of({message})));
  EXPECT_EQ(json.listed(), 8u);
}

TEST(RawFilter, ABeginningDoesNotReachOverTheTextsEnd) {
  DeviceDecoding device(FilteredFormat(csv_format(), {"s LIKE 'tea,tr%' OR s < 'tea'"}));
  const std::string rows = "k,1,1,1,1,1,tea,true\nk,2,1,1,1,1,te,true\nk,3,1,1,1,1,tea,true\n";
  EXPECT_TRUE(expect_same(device, block_of({rows})));
  EXPECT_EQ(device.decode(block_of({rows}))->events.size(), 1u);
  EXPECT_EQ(device.listed(), 0u);
}

TEST(RawFilter, ANumberOf128BitsBecomesTheNearestDouble) {
  std::mt19937_64 random(45);
  for (int i = 0; i < 10'000; ++i) {
    __extension__ using Bits = unsigned __int128;
    Bits bits = static_cast<Bits>(random()) << 64 | random();
    // Many of them in the middle between two doubles, or a little beside it.
    if (i % 2 == 0) bits &= ~(~Bits{0} >> (54 + random() % 4) >> 1);
    if (i % 4 == 0) bits += static_cast<Bits>(random() % 3) - 1;
    const auto number = static_cast<cuda::FilterNumber>(bits) >> random() % 127;
    EXPECT_EQ(cuda::nearest_double(number), static_cast<double>(number));
  }
}

TEST(RawFilter, AFilterThatIsTooLongIsForTheHost) {
  std::string text = "v = 1";
  for (int i = 0; i < 300; ++i) text += " OR v = " + std::to_string(i);
  EXPECT_EQ(FilteredFormat(pairs(), {text}).plan().why_not, "a long filter");
  EXPECT_TRUE(FilteredFormat(pairs(), {"v = 1 OR v = 2"}).plan().plan);

  Format format = pairs();
  format.filter = {{.path = path("t"), .type = FilterField::Type::number}};
  EXPECT_EQ(raw_plan(format).why_not, "where");
}

TEST(RawFilter, StagesOfDecodingAreTimedWithTheirEventsAndBytes) {
  DeviceDecoding device(FilteredFormat(json_format(), {"i < 10"}));
  std::string message;
  for (int i = 0; i < 20; ++i) message += R"({"t":1,"k":"x","i":)" + std::to_string(i) + "}\n";
  for (int batch = 0; batch < 9; ++batch) device.decode(block_of({message}));
  device.times().settle();
  std::map<std::string, KernelStatistics> by_name;
  for (const KernelStatistics& kernel : device.times().statistics()) {
    by_name[std::string(kernel.name)] = kernel;
  }
  EXPECT_EQ(by_name.size(), cuda::stage_count);
  for (const char* const name : {"find_events", "decode_events"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(by_name.at(name).launches, 9u);
    EXPECT_EQ(by_name.at(name).timed_launches, 2u);
    EXPECT_EQ(by_name.at(name).events, 40u);
    EXPECT_GT(by_name.at(name).bytes, 2 * message.size());
  }
  EXPECT_EQ(by_name.at("patch_events").launches, 1u);
  EXPECT_EQ(by_name.at("compact_events").launches, 8u);
  EXPECT_EQ(by_name.at("compact_events").events, 20u);
  EXPECT_EQ(cuda::KernelTimes().statistics().size(), cuda::stages_without_decoding);
}

}  // namespace
}  // namespace sluice::testing
