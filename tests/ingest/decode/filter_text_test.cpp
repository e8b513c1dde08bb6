#include "ingest/decode/filter_text.hpp"

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/json_decoder.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using Type = FilterField::Type;

/// Everything that the filter's columns say of an event.
std::string told_of(std::span<const FilterColumn> columns, std::size_t event) {
  std::string text;
  for (const FilterColumn& column : columns) {
    if (!text.empty()) text += ' ';
    if (column.valid[event] == 0) {
      text += "null";
    } else if (column.booleans != nullptr) {
      text += column.booleans[event] != 0 ? "true" : "false";
    } else if (column.integers != nullptr) {
      text += std::to_string(column.integers[event]);
    } else if (column.numbers != nullptr) {
      char digits[40];
      std::snprintf(digits, sizeof digits, "%.17g", column.numbers[event]);
      text += digits;
    } else if (column.strings != nullptr) {
      text.append("'").append(column.strings[event]).append("'");
    } else {
      text += "present";
    }
  }
  return text;
}

std::vector<std::string> told_of_all(const Decoding& decoding) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < decoding.events().size; ++i) {
    lines.push_back(told_of(decoding.filter_columns(), i));
  }
  return lines;
}

/// Time `t`, value `v`; the filter reads a string, a number, a boolean, an integer, a presence, and
/// the text of the value.
Format filtered_format(FormatType type, Framing framing) {
  Format format = format_of(type, framing);
  format.values = {decimal_value("v", 2)};
  format.filter = {
      {.path = path("s"), .type = Type::string},   {.path = path("n"), .type = Type::number},
      {.path = path("b"), .type = Type::boolean},  {.path = path("i"), .type = Type::integer},
      {.path = path("p"), .type = Type::presence}, {.path = path("v"), .type = Type::number}};
  format.csv.columns = {"t", "v", "s", "n", "b", "i", "p"};
  return format;
}

TEST(FilterText, ReadsEveryKindOfJson) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"t":1,"v":2.5,"s":"x","n":1.5,"b":true,"i":9007199254740993,"p":{}})",
       "'x' 1.5 true 9007199254740993 present 2.5"},
      {R"({"t":1,"v":2.5,"s":"","n":-0.0,"b":false,"i":-1,"p":[]})", "'' 0 false -1 present 2.5"},
      {R"({"t":1,"s":"a\"b\u00e9","n":1e3,"p":""})", "'a\"b\xC3\xA9' 1000 null null present null"},
      {R"({"t":1,"s":1,"n":"1","b":"true","i":1.5,"p":null})", "null null null null null null"},
      {R"({"t":1,"s":{"x":1},"n":[1],"b":0,"i":9223372036854775808})",
       "null null null null null null"},
      {R"({"t":1,"s":"a","s":"b"})", "'b' null null null null null"},
  };
  for (const Framing framing : {Framing::message, Framing::lines}) {
    Decoding decoding(filtered_format(FormatType::json, framing));
    for (const auto& [document, expected] : cases) {
      // Three times: read by the parser, twice by a shape if it has one.
      std::vector<std::string> documents(300, document);
      if (framing == Framing::lines) {
        std::string lines;
        for (const std::string& line : documents) lines += line + "\n";
        documents = {lines};
      }
      decoding.run(documents);
      EXPECT_EQ(told_of_all(decoding), std::vector<std::string>(300, expected)) << document;
    }
  }
}

TEST(FilterText, ReadsEveryKindOfCsv) {
  Decoding decoding(filtered_format(FormatType::csv, Framing::lines));
  decoding.run(
      {"1,2.5,x,1.5,true,9007199254740993,y\n"
       "1,,,,,,\n"
       "1,2.5,\"\",\"1.5\",\"false\",7,\"\"\n"
       "1,2.5,\"a,\"\"b\",abc,TRUE,1.5,\xFF\n"
       "1,2.5,\xFF,nan,1,x,0\r\n"});
  EXPECT_EQ(told_of_all(decoding),
            (std::vector<std::string>{"'x' 1.5 true 9007199254740993 present 2.5",
                                      "null null null null null null", "'' 1.5 false 7 present 2.5",
                                      "'a,\"b' null null null present 2.5",
                                      "'\xFF' null null null present 2.5"}));
  EXPECT_EQ(decoding.events().malformed_events.size(), 0U);
}

TEST(FilterText, ReadsEveryKindOfBinary) {
  using Field = BinaryField::Type;
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.order = ByteOrder::big;
  format.binary.layout = {{"t", Field::int64, 8},
                          {"s", Field::chars, 4},
                          {"n", Field::int16, 2},
                          {"b", Field::boolean, 1},
                          {"i", Field::uint8, 1}};
  format.filter = {
      {.path = path("s"), .type = Type::string},   {.path = path("n"), .type = Type::number},
      {.path = path("b"), .type = Type::boolean},  {.path = path("i"), .type = Type::integer},
      {.path = path("s"), .type = Type::presence}, {.path = path("gone"), .type = Type::number}};
  const auto row = [](std::string_view text, char high, char low, char flag, char byte) {
    std::string bytes = std::string(7, '\0') + '\1';
    bytes += text;
    bytes.resize(12, '\0');
    return bytes + high + low + flag + byte;
  };
  Decoding decoding(format);
  decoding.run({row("ab", 1, 2, 1, 9) + row("", -1, -2, 0, -1) + row("abcd", 0, 0, 2, 0)});
  EXPECT_EQ(told_of_all(decoding), (std::vector<std::string>{"'ab' 258 true 9 present null",
                                                             "'' -2 false 255 present null",
                                                             "'abcd' 0 null 0 present null"}));
}

/// Rows of a few shapes, with what the fast roads refuse in between.
class Rows {
 public:
  Rows(std::uint64_t seed, FormatType type) : random_(seed), type_(type) {}

  std::string next() {
    if (below(300) == 0) alike_ = below(3) + 1;
    const bool odd = below(oddness_) == 0;
    if (below(2'000) == 0) oddness_ = std::uint64_t{1} << below(10);
    if (type_ == FormatType::csv) {
      std::string row =
          std::to_string(below(1'000'000)) + "," + (odd ? csv(odd) : std::to_string(below(1'000)));
      for (int field = 0; field < 5; ++field) row += "," + csv(below(oddness_) == 0);
      return row;
    }
    std::string row = "{\"t\":" + std::to_string(below(1'000'000));
    if (alike_ > 1) row += ",\"v\":" + number(odd);
    row += ",\"s\":" + string(odd) + ",\"n\":" + number(odd);
    if (alike_ > 2) row += ",\"o\":{\"s\":1},\"b\":" + scalar() + ",\"i\":" + number(below(2) == 0);
    if (alike_ != 2) row += ",\"p\":" + scalar();
    row += "}";
    if (below(4 * oddness_) == 0) row[below(row.size())] = "{}[]\",:0x \xC3"[below(11)];
    return row;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::string pick(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }

  std::string number(bool odd) {
    if (odd) {
      return pick({"1e5", "-0", "-0.0", "1.", "01", "null", "\"x\"", "9223372036854775808", "1e999",
                   "0.30000000000000004", "123456789012345678901234567890", "-", "[]", "{}"});
    }
    std::string text = (below(4) == 0 ? "-" : "") + std::to_string(random_() >> (30 + below(34)));
    if (below(2) == 0) text += "." + std::to_string(below(100));
    return text;
  }
  std::string string(bool odd) {
    if (odd) {
      return pick({"\"a\\nb\"", "\"\\u00e9\"", "null", "7", "\"\xC3\xA9\"", "\"\xFF\"", "true",
                   "\"\"", "[1]"});
    }
    return "\"u" + std::to_string(below(1'000)) + "\"";
  }
  std::string scalar() {
    return pick({"true", "false", "null", "1", "2.5", "\"s\"", alike_ == 3 ? "tru" : "true"});
  }
  std::string csv(bool odd) {
    if (odd) {
      return pick({"", "\"\"", "\"a,b\"", "\"x\"\"y\"", "a\"b", "-", "1e5", "nan", "\"1\n2\"", " 1",
                   "a\rb", "\xC3\xA9", "\xFF", "007", ".5", "5.", "-0", "\"q\"z"});
    }
    return pick({"true", "false", "u7", std::to_string(below(1'000'000)),
                 std::to_string(below(1'000)) + "." + std::to_string(below(100))});
  }

  std::mt19937_64 random_;
  FormatType type_;
  std::uint64_t alike_ = 1;
  std::uint64_t oddness_ = 64;
};

// As part of a block by a decoder that has seen all before, and alone by one that knows nothing.
void compare_roads(FormatType type, Framing framing, std::uint64_t seed) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rows rows(seed, type);
  const Format format = filtered_format(type, framing);
  constexpr std::size_t together = 700;
  Decoding learned(format, 2 * together);
  std::size_t accepted = 0;
  for (int block = 0; block < 80 && !::testing::Test::HasFailure(); ++block) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < together; ++i) texts.push_back(rows.next());
    std::string lines;
    for (const std::string& text : texts) lines += text + "\n";
    learned.run(framing == Framing::lines ? std::vector{lines} : texts);
    accepted += learned.events().size;
    for (std::size_t event = 0; event < learned.events().size; ++event) {
      const std::string text(learned.bytes_of(learned.events().extents[event]));
      Decoding alone(filtered_format(type, Framing::message), 1);
      alone.run({text});
      ASSERT_EQ(alone.events().size, 1U) << text;
      ASSERT_EQ(told_of(learned.filter_columns(), event), told_of(alone.filter_columns(), 0))
          << text;
      ASSERT_EQ(learned.bits(0, event), alone.bits(0, 0)) << text;
    }
    for (const MalformedEvent& event : learned.events().malformed_events) {
      const std::string text(learned.bytes_of(event.extent));
      Decoding alone(filtered_format(type, Framing::message), 1);
      alone.run({text});
      ASSERT_EQ(alone.events().size, 0U) << text;
    }
  }
  EXPECT_GT(accepted, 80 * together / 2);
}

TEST(FilterText, JsonLinesOfKnownShapesAreReadAsTheParserReadsThem) {
  compare_roads(FormatType::json, Framing::lines, 71);
}

TEST(FilterText, JsonMessagesOfKnownShapesAreReadAsTheParserReadsThem) {
  compare_roads(FormatType::json, Framing::message, 72);
}

TEST(FilterText, PlainCsvIsReadAsTheRulesSay) {
  compare_roads(FormatType::csv, Framing::lines, 73);
}

// Without this the comparisons above could be of the parser with itself.
TEST(FilterText, DocumentsOfAKnownShapeDoNotGoToTheParser) {
  const Format format = filtered_format(FormatType::json, Framing::message);
  std::vector<std::string> documents;
  for (int i = 0; i < 1'000; ++i) {
    const std::string number = std::to_string(i);
    documents.push_back("{\"t\":" + number + ",\"s\":\"u" + number + "\",\"n\":" + number +
                        ".5,\"b\":true,\"i\":" + number + ",\"p\":null}");
  }
  const SourceBlock block = block_of(documents);
  DecodedEvents events = make_events(format, 1'000);
  EventWriter writer(format);
  JsonDecoder decoder(format);
  writer.open(events);
  for (std::size_t index = 0; index < block.messages.size();) {
    writer.begin_message(block.messages[index], static_cast<std::uint32_t>(index));
    index = decoder.decode(block, index, writer);
  }
  ASSERT_EQ(events.size, 1'000U);
  EXPECT_LE(decoder.parsed_documents(), 3U);
  EXPECT_EQ(told_of(writer.filter().columns(), 999), "'u999' 999.5 true 999 null null");
}

}  // namespace
}  // namespace sluice::testing
