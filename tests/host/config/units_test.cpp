#include "host/config/units.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500);
  EXPECT_EQ(parse_duration("10s"), 10'000);
  EXPECT_EQ(parse_duration("5m"), 300'000);
  EXPECT_EQ(parse_duration("1h"), 3'600'000);
  EXPECT_EQ(parse_duration("1d"), 86'400'000);
  EXPECT_EQ(parse_duration("0s"), 0);
}

TEST(ParseDuration, AddsSeveralTerms) {
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration("1d2h3m4s5ms"), 93'784'005);
}

TEST(ParseDuration, TakesNegativeOnes) { EXPECT_EQ(parse_duration("-1h30m"), -5'400'000); }

TEST(ParseDuration, WantsAUnitAndNothingElse) {
  for (const char* text : {"", "-", "10", "s", "10 s", "10S", "10sec", "1.5s", "1h-30m", "--1s",
                           "+1s", "10s ", " 10s", "1h30", "0x1s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, RefusesWhatNoEventTimeCanReach) {
  EXPECT_NE(parse_duration("9007199254740992ms"), std::nullopt);
  EXPECT_EQ(parse_duration("9007199254740993ms"), std::nullopt);
  EXPECT_EQ(parse_duration("106751991168d"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999s"), std::nullopt);
}

TEST(ParseBytes, ReadsEveryUnit) {
  EXPECT_EQ(parse_bytes("512"), 512u);
  EXPECT_EQ(parse_bytes("512B"), 512u);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536u);
  EXPECT_EQ(parse_bytes("32MiB"), std::size_t{32} << 20);
  EXPECT_EQ(parse_bytes("8GiB"), std::size_t{8} << 30);
  EXPECT_EQ(parse_bytes("1TiB"), std::size_t{1} << 40);
}

TEST(ParseBytes, WantsAUnitItKnowsAndNothingElse) {
  for (const char* text :
       {"", "MiB", "32MB", "32 MiB", "32mib", "1.5GiB", "-1", "-1MiB", "1GiB512MiB", "32MiB "}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(ParseBytes, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_bytes("8388608TiB"), std::nullopt);
  EXPECT_EQ(parse_bytes("99999999999999999999"), std::nullopt);
}

}  // namespace
}  // namespace sluice
