#include "ingest/decode/decimal.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

Converted<std::int64_t> decimal(std::string_view text, unsigned scale) {
  Scalar number;
  EXPECT_EQ(scan_number(text, number), text.size()) << text;
  return to_decimal(number, scale);
}

void expect_value(std::string_view text, unsigned scale, std::int64_t value) {
  const auto found = decimal(text, scale);
  EXPECT_FALSE(found.fault) << text;
  EXPECT_EQ(found.value, value) << text;
}

TEST(Decimal, IsExactWhateverTheNotation) {
  expect_value("1.5", 2, 150);
  expect_value("1.500", 2, 150);
  expect_value("-0.01", 2, -1);
  expect_value("-0", 2, 0);
  expect_value("15e-1", 2, 150);
  expect_value("1.5e3", 2, 150'000);
  expect_value("1500E-5", 4, 150);
  expect_value("1.234", 18, 1'234'000'000'000'000'000);
  expect_value("7", 0, 7);
  expect_value("0e999999999999", 2, 0);
}

TEST(Decimal, KeepsDigitsThatADoubleWouldLose) {
  expect_value("90071992547409.93", 2, 9007199254740993);
  expect_value("92233720368547758.07", 2, std::numeric_limits<std::int64_t>::max());
  expect_value("-92233720368547758.08", 2, std::numeric_limits<std::int64_t>::min());
  expect_value("1.00000000000000000000000000000000", 2, 100);
  expect_value("0.000000000000000001", 18, 1);
}

TEST(Decimal, MoreDecimalsThanTheScaleAreTooPrecise) {
  for (const char* text : {"1.005", "0.001", "1e-3", "1.00000000000000000000000000001", "1e-99999",
                           "92233720368547758.071"}) {
    EXPECT_EQ(decimal(text, 2).fault, Malformed::too_precise) << text;
  }
}

TEST(Decimal, BeyondInt64IsOutOfRange) {
  for (const char* text : {"92233720368547758.08", "-92233720368547758.09", "1e17", "1e99999999999",
                           "184467440737095516.16", "99999999999999999999999999"}) {
    EXPECT_EQ(decimal(text, 2).fault, Malformed::out_of_range) << text;
  }
}

TEST(Decimal, OtherScalarsAreOfAWrongType) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::string;
  EXPECT_EQ(to_decimal(scalar, 2).fault, Malformed::bad_value);
  scalar.kind = Scalar::Kind::boolean;
  EXPECT_EQ(to_decimal(scalar, 2).fault, Malformed::bad_value);
}

TEST(Decimal, ADoubleIsReadByItsShortestForm) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::float64;
  scalar.digits = std::bit_cast<std::uint64_t>(12.34);
  EXPECT_EQ(to_decimal(scalar, 2).value, 1234);
  EXPECT_EQ(to_decimal(scalar, 1).fault, Malformed::too_precise);
  scalar.digits = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_decimal(scalar, 2).fault, Malformed::non_finite);
}

}  // namespace
}  // namespace sluice
