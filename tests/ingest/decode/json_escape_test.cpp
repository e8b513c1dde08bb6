#include "ingest/decode/json_escape.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace sluice {
namespace {

std::string unescaped(std::string_view contents) {
  std::string text(contents.size(), '~');
  text.resize(static_cast<std::size_t>(unescape_json(contents, text.data()) - text.data()));
  return text;
}

// How long the escape at the beginning is; 0: none that is sure to be one.
std::size_t escape_length(const std::string& text) {
  const std::string padded = text + std::string(12, '7');
  const char* const end = skip_json_escape(padded.data());
  return end == nullptr ? 0 : static_cast<std::size_t>(end - padded.data());
}

TEST(JsonEscape, IsKnownByItsCharacters) {
  for (const char character : std::string_view("\"\\/bfnrt")) {
    EXPECT_EQ(escape_length({'\\', character}), 2U) << character;
  }
  EXPECT_EQ(escape_length(R"(\u0000)"), 6U);
  EXPECT_EQ(escape_length(R"(\uaBcD)"), 6U);
  EXPECT_EQ(escape_length(R"(\ud7ff)"), 6U);
  EXPECT_EQ(escape_length(R"(\uE000)"), 6U);
  EXPECT_EQ(escape_length(R"(\ud800\udc00)"), 12U);
  EXPECT_EQ(escape_length(R"(\uDBFF\uDFFF)"), 12U);
  for (const std::string text : {R"(\x)", R"(\U0041)", R"(\)", R"(\ud800)", R"(\ud800\n)",
                                 R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00)", R"(\u004g)"}) {
    EXPECT_EQ(escape_length(text + "~"), 0U) << text;
  }
  EXPECT_EQ(escape_length(std::string(R"(\)") + '\0'), 0U);
}

TEST(JsonEscape, SpellsCharacters) {
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped(R"(a\"b\\c\/d)"), "a\"b\\c/d");
  EXPECT_EQ(unescaped(R"(\b\f\n\r\t)"), "\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(\u0041\u00e9\u20AC\ud83d\ude00!)"), "A\u00e9\u20AC\U0001F600!");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(JsonEscape, SpellsWhatTheParserReads) {
  simdjson::dom::parser parser;
  const auto check = [&parser](const std::string& contents) {
    const std::string document = "[\"" + contents + "\"]";
    std::string_view expected;
    ASSERT_EQ(parser.parse(document).at(0).get(expected), simdjson::SUCCESS) << contents;
    EXPECT_EQ(unescaped(contents), expected) << contents;
  };
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  for (unsigned unit = 0; unit < 0x10000; unit += 7) {
    std::string escape = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = unit >> shift & 0xF;
      escape += hex[digit >= 10 && unit % 2 == 1 ? digit + 6 : digit];
    }
    const bool is_surrogate = unit >= 0xD800 && unit < 0xE000;
    EXPECT_EQ(escape_length(escape + "~"), is_surrogate ? 0U : 6U) << escape;
    if (!is_surrogate) check("x" + escape + "y");
    if (unit >= 0xD800 && unit < 0xDC00) check(escape + "\\uDc37");
  }
}

}  // namespace
}  // namespace sluice
