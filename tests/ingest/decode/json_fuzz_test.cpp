#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/json_decoder.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Time `t`, key `k`, values `i` int64, `f` double, `d` decimal(2), `o.x` int64.
Format fuzz_format(Framing framing) {
  Format format = format_of(FormatType::json, framing);
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2), int64_value("o.x")};
  return format;
}

// Mixed: documents of a few shapes, sometimes with what a shape cannot read. Alike: hundreds of one
// shape in a row, hardly ever with anything odd, as they come in blocks from one program.
enum class Mixture : bool { mixed, alike };

class Documents {
 public:
  Documents(std::uint64_t seed, Mixture mixture) : random_(seed), mixture_(mixture) {}

  std::string next() {
    const bool alike = mixture_ == Mixture::alike;
    if (!alike || below(500) == 0) kind_ = below(8);
    std::string document = whole();
    if (below(alike ? 300 : 3) == 0) mutate(document);
    return document;
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  std::string pick(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }

  bool odd() { return below(mixture_ == Mixture::alike ? 2000 : 20) == 0; }

  std::string integer() {
    if (odd()) {
      return pick({"0", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                   "18446744073709551615", "18446744073709551616", "-9223372036854775809",
                   "123456789012345678901", "01", "-", "1e3", "9999999999999999999",
                   "-9999999999999999999"});
    }
    return (below(5) == 0 ? "-" : "") + std::to_string(random_() >> below(64));
  }

  std::string fraction() {
    if (odd()) {
      return pick({"1.", ".5", "1.5e3", "-0.0", "0.001", "1e400", "1e-400", "0.1e1", "1.00",
                   "3.14159265358979323846264338", "0.30000000000000004", "1E5", "1e+5", "1.5e"});
    }
    std::string text = std::to_string(below(100'000));
    text += '.';
    text += std::to_string(below(100));
    return text;
  }

  std::string string() {
    if (odd()) {
      return pick({R"("a\"b")", R"("\u0041")", R"("\ud83d\ude00")", R"("\ud800")", R"("\udc00")",
                   R"("\uZZZZ")", R"("a\tb")", R"("\\")", "\"\xC3\xA9\"", "\"\xFF\"", "\"a\tb\"",
                   "\"\"", R"("\/")", "\"\xED\xA0\x80\"", "\"12345678\xE2\x82\xAC\"", "\"\x7F\""});
    }
    std::string text = "\"u";
    text += std::to_string(below(1000));
    text += std::string(below(3) * 5, 'x') + "\"";
    return text;
  }

  std::string scalar() {
    switch (below(8)) {
      case 0:
        return pick({"true", "false", "null", "tru", "nulls", "[]", "{}", "[1,2]"});
      case 1:
        return string();
      case 2:
        return fraction();
      default:
        return integer();
    }
  }

  std::string whole() {
    switch (kind_) {
      case 0:
        return "{\"t\":" + integer() + ",\"k\":" + string() + ",\"i\":" + integer() + "}";
      case 1:
        return "{\"t\":" + std::to_string(below(1'000'000)) + ",\"k\":" + scalar() +
               ",\"f\":" + fraction() + ",\"d\":" + fraction() + "}";
      case 2:
        return "{ \"k\": " + string() + ", \"o\": {\"x\": " + integer() + ", \"y\": " + scalar() +
               "}, \"t\": " + std::to_string(below(1'000'000)) + " }";
      case 3:
        return "{\"z\":[" + scalar() + "," + scalar() + "],\"t\":" + std::to_string(below(1000)) +
               ",\"i\":" + scalar() + ",\"i\":" + scalar() + "}";
      case 4:
        return "{\"t\":" + fraction() + ",\"\\u006b\":" + scalar() + ",\"o\":" + scalar() + "}";
      case 5:
        return "{\"l\":[" + integer() + "," + fraction() + " ,[" + integer() +
               ",true,null]],\"t\":" + std::to_string(below(1000)) + ",\"w\":[" + string() + "," +
               integer() + "],\"i\":" + integer() + ",\"k\":\"\xC3\xA9" +
               std::to_string(below(100)) + "\"}";
      case 6:
        return disorderly();
      default:
        return "{\"t\":" + scalar() + ",\"k\":" + scalar() + ",\"f\":" + scalar() +
               ",\"d\":" + scalar() + ",\"o\":{\"x\":" + scalar() + "}}";
    }
  }

  // Members in any order, some of them nobody's.
  std::string disorderly() {
    const auto space = [&] { return below(8) == 0 ? pick({" ", "\t", "  "}) : ""; };
    std::vector<std::string> members = {"\"t\":" + std::to_string(below(1'000'000)),
                                        "\"k\":" + space() + string(), "\"i\":" + integer(),
                                        "\"d\":" + fraction()};
    for (std::uint64_t others = below(4); others > 0; --others) {
      const std::string name = "\"n" + std::to_string(below(100)) + "\"" + space() + ":";
      members.push_back(
          name + space() +
          pick({scalar(), string(), R"("a\"b\\")", R"("\/\u00e9\n")", R"("\u12")", "1e5",
                "[" + scalar() + space() + "," + string() + "]", "{\"k\":" + scalar() + "}",
                "{\"o\":{\"x\":[" + integer() + "]}}", "[[[]],{}]"}));
    }
    if (below(4) == 0) members.push_back("\"o\":{\"x\":" + integer() + space() + "}");
    std::ranges::shuffle(members, random_);
    std::string document = "{" + space();
    for (std::size_t i = 0; i < members.size(); ++i) {
      document += (i == 0 ? "" : "," + space()) + members[i] + space();
    }
    return document + "}";
  }

  void mutate(std::string& document) {
    static constexpr std::string_view bytes =
        "{}[]\",:\\0123456789.-+eEtrufalsn \t\r\x01\x80\xC3\xFF";
    for (std::uint64_t times = 1 + below(2); times > 0; --times) {
      const std::uint64_t place = below(document.size() + 1);
      const char byte = bytes[below(bytes.size())];
      switch (below(4)) {
        case 0:
          document.insert(place, 1, byte);
          break;
        case 1:
          document.erase(place, 1 + below(3));
          break;
        case 2:
          document.resize(place);
          break;
        default:
          document.replace(place, place < document.size() ? 1 : 0, 1, byte);
      }
    }
  }

  std::mt19937_64 random_;
  Mixture mixture_;
  std::uint64_t kind_ = 0;
};

// What the DOM alone says of a document, as far as it can.
struct Expected {
  bool is_object = false;
  std::optional<element> time, key, integer, real, decimal, inner;
};

std::optional<element> last_member(const element& object, std::string_view name) {
  simdjson::dom::object members;
  std::optional<element> found;
  if (object.get_object().get(members) != simdjson::SUCCESS) return found;
  for (const auto pair : members) {
    if (pair.key == name) found = pair.value;
  }
  return found;
}

Expected read_dom(simdjson::dom::parser& parser, const std::string& document) {
  Expected expected;
  element root;
  if (parser.parse(document).get(root) != simdjson::SUCCESS || !root.is_object()) return expected;
  expected.is_object = true;
  expected.time = last_member(root, "t");
  expected.key = last_member(root, "k");
  expected.integer = last_member(root, "i");
  expected.real = last_member(root, "f");
  expected.decimal = last_member(root, "d");
  if (const auto object = last_member(root, "o")) expected.inner = last_member(*object, "x");
  return expected;
}

bool is_null(const std::optional<element>& found) { return !found || found->is_null(); }

bool is_int64(const std::optional<element>& found) {
  return is_null(found) || found->type() == element_type::INT64;
}

bool is_number(const std::optional<element>& found) { return is_null(found) || found->is_number(); }

bool is_key(const std::optional<element>& found) {
  return is_int64(found) || found->is_bool() ||
         (found->is_string() && simdjson::validate_utf8(found->get_string().value_unsafe()));
}

std::string key_text(const std::optional<element>& found) {
  if (is_null(found)) return "null";
  if (found->is_bool()) return found->get_bool().value_unsafe() ? "true" : "false";
  if (found->is_string()) return "\"" + std::string(found->get_string().value_unsafe()) + "\"";
  return std::to_string(found->get_int64().value_unsafe());
}

// The columns of one decoding of one document, as text, or the reason why there are none.
std::string outcome(Decoding& decoding, std::size_t event) {
  std::string text = std::to_string(decoding.events().time[event]) + " " + decoding.key_text(event);
  for (std::size_t column = 0; column < 4; ++column) {
    const auto bits = decoding.bits(column, event);
    text += bits ? " " + std::to_string(*bits) : " null";
  }
  return text;
}

void expect_as_the_dom_says(const Expected& expected, Decoding& decoding, std::size_t event,
                            const std::string& document) {
  ASSERT_TRUE(expected.is_object) << document;
  ASSERT_FALSE(is_null(expected.time)) << document;
  if (expected.time->is_int64()) {
    EXPECT_EQ(decoding.events().time[event], expected.time->get_int64().value_unsafe()) << document;
  }
  EXPECT_EQ(decoding.key_text(event), key_text(expected.key)) << document;
  const auto check_integer = [&](std::size_t column, const std::optional<element>& found) {
    ASSERT_EQ(decoding.bits(column, event).has_value(), !is_null(found)) << document;
    if (!is_null(found)) {
      EXPECT_EQ(*decoding.bits(column, event), found->get_int64().value()) << document;
    }
  };
  check_integer(0, expected.integer);
  check_integer(3, expected.inner);
  ASSERT_EQ(decoding.real(1, event).has_value(), !is_null(expected.real)) << document;
  if (!is_null(expected.real)) {
    EXPECT_EQ(*decoding.real(1, event), expected.real->get_double().value()) << document;
  }
  ASSERT_EQ(decoding.bits(2, event).has_value(), !is_null(expected.decimal)) << document;
  if (!is_null(expected.decimal)) {
    const double scaled = static_cast<double>(*decoding.bits(2, event)) / 100;
    EXPECT_DOUBLE_EQ(scaled, expected.decimal->get_double().value()) << document;
  }
}

void expect_fault_as_the_dom_says(const Expected& expected, const MalformedEvent& event,
                                  const std::string& document) {
  EXPECT_EQ(event.reason == Malformed::syntax, !expected.is_object) << document;
  if (!expected.is_object) return;
  if (is_null(expected.time)) {
    EXPECT_EQ(event.reason, Malformed::missing_time) << document;
  } else if (event.reason == Malformed::bad_key) {
    EXPECT_FALSE(is_key(expected.key)) << document;
  } else if (event.field == "i") {
    EXPECT_FALSE(is_int64(expected.integer)) << document;
  } else if (event.field == "o.x") {
    EXPECT_FALSE(is_int64(expected.inner)) << document;
  } else if (event.field == "f") {
    EXPECT_FALSE(is_number(expected.real)) << document;
  } else if (event.field == "t") {
    EXPECT_EQ(event.reason, Malformed::bad_time) << document;
  }
}

// Long documents go to the parser: such a one says the same.
std::string for_the_parser(const std::string& document) {
  return document + std::string(10'000, ' ');
}

// Decodes every document alone by the parser, and as part of a block with a decoder that has seen
// all before: both must agree with each other and with the DOM.
void compare(std::uint64_t seed, Framing framing, Mixture mixture, std::size_t blocks,
             std::size_t documents_per_block) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Documents documents(seed, mixture);
  simdjson::dom::parser parser;
  const Format format = fuzz_format(framing);
  Decoding learned(format, documents_per_block);
  for (std::size_t block = 0; block < blocks && !::testing::Test::HasFailure(); ++block) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < documents_per_block; ++i) {
      texts.push_back(documents.next());
      if (framing == Framing::lines && texts.back().find_first_not_of('\r') == std::string::npos) {
        texts.back() = "{}";
      }
    }
    if (framing == Framing::message) {
      learned.run(texts);
    } else {
      std::string lines;
      const std::string line_end = block % 4 == 0 ? "\r\n" : "\n";
      for (const std::string& text : texts) lines += text + line_end;
      learned.run({lines});
    }
    ASSERT_EQ(learned.events().size + learned.events().malformed_events.size(), texts.size());

    std::size_t accepted = 0;
    std::size_t malformed = 0;
    for (const std::string& text : texts) {
      const Expected expected = read_dom(parser, text);
      Decoding alone(fuzz_format(Framing::message), 1);
      alone.run({for_the_parser(text)});
      if (alone.events().size == 1) {
        ASSERT_LT(accepted, learned.events().size) << text;
        EXPECT_EQ(outcome(learned, accepted), outcome(alone, 0)) << text;
        expect_as_the_dom_says(expected, alone, 0, text);
        ++accepted;
      } else {
        ASSERT_LT(malformed, learned.events().malformed_events.size()) << text;
        const MalformedEvent& event = learned.events().malformed_events[malformed++];
        EXPECT_EQ(event.reason, alone.events().malformed_events.at(0).reason) << text;
        EXPECT_EQ(event.field, alone.events().malformed_events.at(0).field) << text;
        expect_fault_as_the_dom_says(expected, event, text);
      }
    }
  }
}

TEST(JsonFuzz, MessagesAreReadAsTheDomReadsThem) {
  compare(20'261, Framing::message, Mixture::mixed, 600, 100);
}

TEST(JsonFuzz, LinesAreReadAsTheDomReadsThem) {
  compare(20'262, Framing::lines, Mixture::mixed, 600, 100);
}

TEST(JsonFuzz, MessagesThatAreAlikeAreReadAsTheDomReadsThem) {
  compare(20'264, Framing::message, Mixture::alike, 60, 1000);
}

TEST(JsonFuzz, LinesThatAreAlikeAreReadAsTheDomReadsThem) {
  compare(20'265, Framing::lines, Mixture::alike, 60, 1000);
}

// How many of `count` documents went to the parser.
std::uint64_t parsed_of(std::size_t count, std::uint64_t seed, Mixture mixture) {
  Documents documents(seed, mixture);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back(documents.next());
  const SourceBlock block = block_of(texts);
  const Format format = fuzz_format(Framing::message);
  DecodedEvents events = make_events(format, count);
  EventWriter writer(format);
  JsonDecoder decoder(format);
  writer.open(events);

  for (std::size_t index = 0; index < block.messages.size();) {
    writer.begin_message(block.messages[index], static_cast<std::uint32_t>(index));
    index = decoder.decode(block, index, writer);
  }

  EXPECT_EQ(events.size + events.malformed_events.size(), count);
  return decoder.parsed_documents();
}

// Without this the comparisons above could be of the parser with itself.
TEST(JsonFuzz, ManyOfTheDocumentsAreReadWithoutTheParser) {
  constexpr std::size_t count = 20'000;
  const std::uint64_t mixed = parsed_of(count, 20'263, Mixture::mixed);
  EXPECT_LT(mixed, count * 9 / 10);
  EXPECT_GT(mixed, count * 2 / 10);
  EXPECT_LT(parsed_of(count, 20'266, Mixture::alike), count / 2);
}

}  // namespace
}  // namespace sluice::testing
