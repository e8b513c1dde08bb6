#include "host/engine/exact_ratio.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "tests/support/exact_ratio.hpp"
#include "tests/support/random.hpp"

namespace sluice {
namespace {

TEST(ExactRatio, OfWholeQuotientsIsTheQuotient) {
  EXPECT_EQ(exact_ratio(0, 7), 0.0);
  EXPECT_EQ(exact_ratio(42, 7), 6.0);
  EXPECT_EQ(exact_ratio(-42, 7), -6.0);
  EXPECT_EQ(exact_ratio(1, 4), 0.25);
}

TEST(ExactRatio, OfNothingIsPositiveZero) { EXPECT_FALSE(std::signbit(exact_ratio(0, 3))); }

TEST(ExactRatio, RoundsHalvesToEven) {
  const WideInteger one = WideInteger(1) << 53;
  EXPECT_EQ(exact_ratio(one + 1, 1), 0x1p53);
  EXPECT_EQ(exact_ratio(one + 3, 1), 0x1p53 + 4);
  EXPECT_EQ(exact_ratio(-(one + 1), 1), -0x1p53);
  EXPECT_EQ(exact_ratio((one + 1) * 3, 3), 0x1p53);
}

TEST(ExactRatio, LooksAtEveryBitBelowAHalf) {
  const WideInteger half = (WideInteger(1) << 53) + 1;
  const WideInteger scale = WideInteger(1) << 200;
  EXPECT_EQ(exact_ratio(half * scale, scale), 0x1p53);
  EXPECT_EQ(exact_ratio(half * scale + 1, scale), 0x1p53 + 2);
  EXPECT_EQ(exact_ratio(half * scale - 1, scale), 0x1p53);
}

TEST(ExactRatio, OfTheSmallestAverageIsExact) {
  const WideInteger quintillion = 1'000'000'000'000'000'000;
  EXPECT_EQ(exact_ratio(1, quintillion), 1e-18);
  EXPECT_EQ(exact_ratio(-1, quintillion * quintillion), -1e-36);
}

TEST(ExactRatio, AgreesWithLongDivisionOnRandomNumbers) {
  constexpr std::uint64_t seed = 17;
  SCOPED_TRACE(seed);
  oracle::Random random(seed);
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t numerator =
        random.below(std::numeric_limits<std::uint64_t>::max()) >> random.below(64);
    const std::uint64_t denominator =
        (random.below(std::numeric_limits<std::uint64_t>::max()) >> random.below(64)) | 1u;
    const auto shift = static_cast<unsigned>(random.below(120));
    const oracle::Natural wide = oracle::Natural(numerator) << shift;
    EXPECT_EQ(exact_ratio(WideInteger(numerator) << shift, denominator),
              numerator == 0 ? 0.0 : oracle::nearest_double(wide, oracle::Natural(denominator)))
        << numerator << " << " << shift << " / " << denominator;
  }
}

}  // namespace
}  // namespace sluice
