#include "ingest/generate/key_picker.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::uint64_t seed = 20'240'117;
constexpr int draws = 200'000;

/// Share of each key over many draws.
std::vector<double> shares(const KeyPicker& picker, std::uint64_t keys) {
  Random random(seed, 0);
  std::vector<double> shares(keys);
  for (int i = 0; i < draws; ++i) {
    shares.at(picker.pick(random)) += 1.0 / draws;
  }
  return shares;
}

TEST(KeyPicker, PicksUniformKeysEquallyOften) {
  for (const double share : shares(KeyPicker(10, KeyDistribution::uniform, 0), 10)) {
    EXPECT_NEAR(share, 0.1, 0.004) << "seed " << seed;
  }
}

TEST(KeyPicker, PicksZipfKeysByTheirRank) {
  for (const double exponent : {0.5, 1.0, 1.5}) {
    constexpr std::uint64_t keys = 50;
    double total = 0;
    for (std::uint64_t rank = 1; rank <= keys; ++rank) {
      total += 1 / std::pow(static_cast<double>(rank), exponent);
    }

    const std::vector<double> measured =
        shares(KeyPicker(keys, KeyDistribution::zipf, exponent), keys);

    for (std::uint64_t rank = 1; rank <= keys; ++rank) {
      const double expected = 1 / std::pow(static_cast<double>(rank), exponent) / total;
      EXPECT_NEAR(measured[rank - 1], expected, 0.005)
          << "rank " << rank << ", exponent " << exponent << ", seed " << seed;
    }
  }
}

TEST(KeyPicker, PicksTheOnlyKeyThereIs) {
  Random random(seed, 0);

  EXPECT_EQ(KeyPicker(1, KeyDistribution::zipf, 1).pick(random), 0u);
  EXPECT_EQ(KeyPicker(1, KeyDistribution::uniform, 1).pick(random), 0u);
}

TEST(KeyPicker, StaysInRangeWithManyKeys) {
  constexpr std::uint64_t keys = 1'000'000'000;
  const KeyPicker picker(keys, KeyDistribution::zipf, 1.1);
  Random random(seed, 0);

  for (int i = 0; i < draws; ++i) {
    ASSERT_LT(picker.pick(random), keys);
  }
}

}  // namespace
}  // namespace sluice
