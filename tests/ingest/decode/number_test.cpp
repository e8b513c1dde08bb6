#include "ingest/decode/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sluice {
namespace {

Scalar untyped(std::string_view text) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::untyped;
  scalar.text = text.data();
  scalar.length = static_cast<std::uint32_t>(text.size());
  return scalar;
}

Scalar number(std::string_view text) { return number_of(untyped(text)); }

std::string plain(const std::string& text) {
  const std::string padded = text + std::string(64, '~');
  Scalar scalar;
  const char* const end = scan_plain_number(padded.data(), scalar);
  if (end == nullptr) return "other";
  std::string found = scalar.negative ? "-" : "";
  found += std::to_string(scalar.digits) + "e" + std::to_string(scalar.exponent);
  return found + " " + std::to_string(end - padded.data());
}

TEST(PlainNumber, ReadsDigitsPointAndSign) {
  EXPECT_EQ(plain("0"), "0e0 1");
  EXPECT_EQ(plain("-0"), "-0e0 2");
  EXPECT_EQ(plain("1234567"), "1234567e0 7");
  EXPECT_EQ(plain("12345678"), "12345678e0 8");
  EXPECT_EQ(plain("123456789012345678"), "123456789012345678e0 18");
  EXPECT_EQ(plain("-12.50"), "-1250e-2 6");
  EXPECT_EQ(plain("0.001"), "1e-3 5");
  EXPECT_EQ(plain("9999999999999999999"), "9999999999999999999e0 19");
  EXPECT_EQ(plain("-9223372036854775808"), "-9223372036854775808e0 20");
  EXPECT_EQ(plain("1e5"), "1e5 3");
  EXPECT_EQ(plain("-1.25E-010"), "-125e-12 10");
  EXPECT_EQ(plain("0e+289"), "0e289 6");
  EXPECT_EQ(plain("1e289"), "1e289 5");
  EXPECT_EQ(plain("12345678.12345678901"), "1234567812345678901e-11 20");
}

TEST(PlainNumber, LeavesEverythingElseToTheParser) {
  for (const char* text : {"", "-", "01", "-01", "1.", ".5", "1e", "1e+", "1.5E-", "1e0000",
                           "1e290", "+1", "a", "00", "12345678901234567890", "-9223372036854775809",
                           "1.2345678901234567890", "111111111111111111111111111111111111111111"}) {
    EXPECT_EQ(plain(text), "other") << text;
  }
}

// How many characters are a number, and what it is.
std::string json(const std::string& text) {
  Scalar scalar;
  const char* const end = scan_json_number(text, scalar);
  if (end == nullptr) return "none";
  std::string found = scalar.negative ? "-" : "";
  found += std::to_string(scalar.digits) + "e" + std::to_string(scalar.exponent);
  return found + (scalar.truncated ? "+ " : " ") + std::to_string(end - text.data());
}

TEST(JsonNumber, IsOfAnyLength) {
  EXPECT_EQ(json("0"), "0e0 1");
  EXPECT_EQ(json("-12.50,"), "-1250e-2 6");
  EXPECT_EQ(json("1.5e3"), "15e2 5");
  EXPECT_EQ(json("1E+5 "), "1e5 4");
  EXPECT_EQ(json("0e-9"), "0e-9 4");
  EXPECT_EQ(json("12.340000000000000000"), "1234000000000000000e-17 21");
  EXPECT_EQ(json("3.14159265358979323846264338"), "3141592653589793238e-18+ 28");
  EXPECT_EQ(json("18446744073709551615"), "1844674407370955161e1+ 20");
  EXPECT_EQ(json("-9223372036854775808"), "-9223372036854775808e0 20");
  EXPECT_EQ(json("1e289"), "1e289 5");
  EXPECT_EQ(json("1e-400"), "1e-400 6");
}

TEST(JsonNumber, IsNoneWhereParsersMayDiffer) {
  for (const char* text : {"", "-", "a", "+1", ".5", "01", "-00", "00.5", "01e5",
                           "18446744073709551616", "-9223372036854775809", "-18446744073709551615",
                           "100000000000000000000", "1e290", "1e400"}) {
    EXPECT_EQ(json(text), "none") << text;
  }
  EXPECT_EQ(json("1."), "1e0 1");
  EXPECT_EQ(json("1e+"), "1e0 1");
}

TEST(Number, TakesIntegersOfTheWholeRange) {
  EXPECT_EQ(to_int64(number("9223372036854775807")).value,
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(to_int64(number("-9223372036854775808")).value,
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(to_int64(number("-0")).value, 0);
  EXPECT_EQ(to_int64(number("00000000000000000000000000042")).value, 42);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "99999999999999999999999999", "10000000000000000000000"}) {
    EXPECT_EQ(to_int64(number(text)).fault, Malformed::out_of_range) << text;
  }
}

TEST(Number, OnlyIntegerLiteralsAreIntegers) {
  for (const char* text : {"1.0", "1e3", "", "-", "+1", " 1", "1 ", "0x10", "1,5", "abc", "nan"}) {
    EXPECT_EQ(to_int64(number(text)).fault, Malformed::bad_value) << text;
  }
}

TEST(Number, DoublesAreTheNearest) {
  EXPECT_EQ(to_double(number("0.1"), false).value, 0.1);
  EXPECT_EQ(to_double(number("9007199254740993"), false).value, 9007199254740992.0);
  EXPECT_EQ(to_double(number("1e22"), false).value, 1e22);
  EXPECT_EQ(to_double(number("1e23"), false).value, 1e23);
  EXPECT_EQ(to_double(number("18446744073709551615"), false).value, 18446744073709551615.0);
  EXPECT_EQ(to_double(number("4.9e-324"), false).value, 4.9e-324);
  EXPECT_EQ(to_double(number("2.2250738585072011e-308"), false).value, 2.2250738585072011e-308);
  EXPECT_EQ(to_double(number("1.7976931348623157e308"), false).value, 1.7976931348623157e308);
  EXPECT_EQ(
      to_double(number("0.1000000000000000055511151231257827021181583404541015625"), false).value,
      0.1);
}

TEST(Number, RandomDoublesComeBackFromTheirText) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    ASSERT_EQ(error, std::errc{});
    EXPECT_EQ(to_double(number({text, end}), false).value, value);
  }
}

TEST(Number, ADoubleThatIsTooLargeIsOutOfRangeAndOneTooSmallIsZero) {
  EXPECT_EQ(to_double(number("1e400"), false).fault, Malformed::out_of_range);
  EXPECT_EQ(to_double(number("-1e99999999999999999999"), false).fault, Malformed::out_of_range);
  EXPECT_FALSE(to_double(number("1e-400"), false).fault);
  EXPECT_EQ(to_double(number("1e-99999999999999999999"), false).value, 0.0);
  EXPECT_EQ(to_double(number("0e99999999999999999999"), false).value, 0.0);
}

TEST(Number, MinusZeroBecomesZero) {
  for (const char* text : {"-0", "-0.0", "-0e5", "-1e-400"}) {
    EXPECT_FALSE(std::signbit(to_double(number(text), false).value)) << text;
  }
}

TEST(Number, NonFiniteDoublesNeedToBeAllowed) {
  for (const char* text : {"nan", "NaN", "-nan", "inf", "-inf", "Infinity", "-INFINITY"}) {
    EXPECT_EQ(to_double(number(text), false).fault, Malformed::non_finite) << text;
    EXPECT_FALSE(to_double(number(text), true).fault) << text;
  }
  EXPECT_EQ(to_double(number("-inf"), true).value, -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(to_double(number("nan"), true).value));
  EXPECT_EQ(to_double(number("infinite"), true).fault, Malformed::bad_value);
}

TEST(Number, AFloatStandsForItsShortestDecimalForm) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::float64;
  scalar.digits = std::bit_cast<std::uint64_t>(static_cast<double>(12.34F));
  scalar.single_precision = true;

  const Scalar shortest = shortest_number(scalar);

  EXPECT_EQ(shortest.digits, 1234U);
  EXPECT_EQ(shortest.exponent, -2);
}

}  // namespace
}  // namespace sluice
