#include "host/sinks/row_text.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "tests/host/sinks/results.hpp"

namespace sluice {
namespace {

std::string json_of(const ResultValue& value) {
  std::string text;
  append_json_value(text, value);
  return text;
}
std::string json_of_key(const KeyScalar& scalar) {
  std::string text;
  append_json_scalar(text, scalar);
  return text;
}
std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(RowText, WritesIntegersAsDigits) {
  EXPECT_EQ(json_of(integer(0)), "0");
  EXPECT_EQ(json_of(integer(-7)), "-7");
  EXPECT_EQ(json_of(integer(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(json_of(integer(std::numeric_limits<std::int64_t>::max())), "9223372036854775807");
}

TEST(RowText, WritesDecimalsWithExactlyTheirScale) {
  EXPECT_EQ(json_of(decimal(1250, 2)), "12.50");
  EXPECT_EQ(json_of(decimal(-5, 2)), "-0.05");
  EXPECT_EQ(json_of(decimal(0, 2)), "0.00");
  EXPECT_EQ(json_of(decimal(100, 2)), "1.00");
  EXPECT_EQ(json_of(decimal(-1234, 3)), "-1.234");
  EXPECT_EQ(json_of(decimal(7, 18)), "0.000000000000000007");
  EXPECT_EQ(json_of(decimal(7, 0)), "7");
}

TEST(RowText, WritesTheLeastDecimal) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(json_of(decimal(least, 18)), "-9.223372036854775808");
  EXPECT_EQ(json_of(decimal(least, 2)), "-92233720368547758.08");
}

TEST(RowText, WritesDoublesInTheShortestFormThatReadsBackTheSame) {
  EXPECT_EQ(json_of(real(0.1)), "0.1");
  EXPECT_EQ(json_of(real(1.0 / 3)), "0.3333333333333333");
  EXPECT_EQ(json_of(real(81)), "81");
  EXPECT_EQ(json_of(real(1e300)), "1e+300");
  EXPECT_EQ(json_of(real(-5e-324)), "-5e-324");
}

TEST(RowText, WritesWhatIsNotFiniteAsAString) {
  EXPECT_EQ(json_of(real(std::numeric_limits<double>::quiet_NaN())), "\"NaN\"");
  EXPECT_EQ(json_of(real(std::numeric_limits<double>::infinity())), "\"Infinity\"");
  EXPECT_EQ(json_of(real(-std::numeric_limits<double>::infinity())), "\"-Infinity\"");
}

TEST(RowText, WritesNulls) {
  EXPECT_EQ(json_of(null_value()), "null");
  EXPECT_EQ(json_of(overflowed()), "null");
}

TEST(RowText, WritesKeysAsTheyCame) {
  EXPECT_EQ(json_of_key(std::int64_t{1}), "1");
  EXPECT_EQ(json_of_key(std::string_view("1")), "\"1\"");
  EXPECT_EQ(json_of_key(true), "true");
  EXPECT_EQ(json_of_key(false), "false");
  EXPECT_EQ(json_of_key(std::monostate{}), "null");
  EXPECT_EQ(json_of_key(std::string_view("")), "\"\"");
}

TEST(RowText, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(json_string("say \"hi\" \\ bye"), R"("say \"hi\" \\ bye")");
  EXPECT_EQ(json_string("a\nb\tc\rd"), R"("a\nb\tc\rd")");
  EXPECT_EQ(json_string(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
}

TEST(RowText, LeavesOtherCharactersAlone) {
  EXPECT_EQ(json_string("/ é 漢 🙂 \x7f"), "\"/ é 漢 🙂 \x7f\"");
}

}  // namespace
}  // namespace sluice
