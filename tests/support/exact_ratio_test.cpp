#include "tests/support/exact_ratio.hpp"

#include <gtest/gtest.h>

namespace sluice::oracle {
namespace {

constexpr auto two_to_64 = static_cast<unsigned __int128>(1) << 64;

TEST(ExactRatio, NaturalsCarryAndBorrowOverTheirDigits) {
  const Natural below(two_to_64 - 1);
  const Natural power(two_to_64);

  EXPECT_EQ(below + Natural(1), power);
  EXPECT_EQ(power - Natural(1), below);
  EXPECT_TRUE((power - power).is_zero());
  EXPECT_EQ(Natural(0xFFFFFFFF) * Natural(0xFFFFFFFF), Natural(0xFFFFFFFE00000001));
  EXPECT_EQ(Natural(3) << 65, power * Natural(6));
  EXPECT_LT(below, power);
  EXPECT_EQ(power.bit_length(), 65U);
}

TEST(ExactRatio, RoundsOnceToTheNearestDouble) {
  EXPECT_EQ(nearest_double(Natural(0), Natural(7)), 0.0);
  EXPECT_EQ(nearest_double(Natural(1), Natural(3)), 1.0 / 3.0);
  EXPECT_EQ(nearest_double(Natural(10), Natural(4)), 2.5);
  EXPECT_EQ(nearest_double(Natural(two_to_64) * Natural(two_to_64), Natural(1)), 0x1p128);
}

TEST(ExactRatio, BreaksTiesToEvenUnlessTheRemainderSaysOtherwise) {
  const Natural tie((std::uint64_t{1} << 53) + 1);  // halfway between 2^53 and 2^53 + 2
  const Natural huge = Natural(1) << 200;

  EXPECT_EQ(nearest_double(tie, Natural(1)), 0x1p53);
  EXPECT_EQ(nearest_double(tie * huge + Natural(1), huge), 0x1p53 + 2);
  EXPECT_EQ(nearest_double(tie * huge - Natural(1), huge), 0x1p53);
}

}  // namespace
}  // namespace sluice::oracle
