#include "bench/key_draw.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

constexpr std::uint64_t seed = 7;

std::vector<double> shares_of(Spread spread, std::uint64_t keys, std::uint64_t events) {
  const KeyDraw draw(spread, keys, seed);
  std::vector<double> shares(keys);
  for (std::uint64_t i = 0; i < events; ++i) {
    shares.at(draw(i)) += 1 / static_cast<double>(events);
  }
  return shares;
}

/// Shares by rank, the largest first.
std::vector<double> ranked_shares(Spread spread, std::uint64_t keys, std::uint64_t events) {
  std::vector<double> shares = shares_of(spread, keys, events);
  std::sort(shares.begin(), shares.end(), std::greater<>());
  return shares;
}

double zipf_share(double rank, double exponent, std::uint64_t keys) {
  double sum = 0;
  for (std::uint64_t r = 1; r <= keys; ++r) sum += std::pow(static_cast<double>(r), -exponent);
  return std::pow(rank, -exponent) / sum;
}

TEST(KeyDraw, UniformKeysComeAlikeOften) {
  for (const double share : shares_of(Spread::uniform, 10, 100'000)) EXPECT_NEAR(share, 0.1, 0.005);
}

TEST(KeyDraw, ZipfSharesFallWithTheRank) {
  const std::vector<double> flat = ranked_shares(Spread::zipf_1, 1'000, 400'000);
  const std::vector<double> steep = ranked_shares(Spread::zipf_1_5, 1'000, 400'000);
  for (const std::size_t rank : {1u, 2u, 5u, 20u}) {
    EXPECT_NEAR(flat[rank - 1], zipf_share(static_cast<double>(rank), 1.0, 1'000), 0.002);
    EXPECT_NEAR(steep[rank - 1], zipf_share(static_cast<double>(rank), 1.5, 1'000), 0.002);
  }
}

TEST(KeyDraw, ZipfOverOneKeyAlwaysGivesIt) {
  EXPECT_EQ(ranked_shares(Spread::zipf_1, 1, 100).size(), 1u);
  EXPECT_NEAR(ranked_shares(Spread::zipf_1_5, 1, 100)[0], 1, 1e-9);
}

TEST(KeyDraw, ZipfOverAHundredMillionKeysStaysInRange) {
  const KeyDraw draw(Spread::zipf_1, 100'000'000, seed);
  for (std::uint64_t i = 0; i < 10'000; ++i) EXPECT_LT(draw(i), 100'000'000u);
}

TEST(KeyDraw, HalfOfTheEventsAreOnOneKey) {
  const std::vector<double> shares = ranked_shares(Spread::half_on_one, 100, 100'000);
  EXPECT_NEAR(shares[0], 0.505, 0.01);
  EXPECT_NEAR(shares[1], 0.005, 0.002);
}

TEST(KeyDraw, SequentialKeysTakeTurns) {
  const KeyDraw draw(Spread::sequential, 3, seed);
  EXPECT_EQ(draw(0), 0u);
  EXPECT_EQ(draw(4), 1u);
}

TEST(KeyDraw, TheSameSeedGivesTheSameKeys) {
  const KeyDraw draw(Spread::zipf_1, 1'000, seed);
  const KeyDraw again(Spread::zipf_1, 1'000, seed);
  const KeyDraw other(Spread::zipf_1, 1'000, seed + 1);
  unsigned different = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(draw(i), again(i));
    different += draw(i) == other(i) ? 0u : 1u;
  }
  EXPECT_GT(different, 50u);
}

}  // namespace
}  // namespace sluice::bench
