#include "host/pipeline/decode_choice.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

/// A choice that the device has just been tried by.
DecodeChoice on_the_device(bool insists = false) {
  DecodeChoice choice(insists);
  choice.host_batch(true);
  return choice;
}

/// Batches that the host decodes before the device is tried again.
std::uint64_t stay_with_the_host(DecodeChoice& choice) {
  std::uint64_t batches = 0;
  while (!choice.on_device()) {
    choice.host_batch(true);
    ++batches;
  }
  return batches;
}

TEST(DecodeChoice, TriesTheDeviceAsSoonAsItCanDecode) {
  DecodeChoice choice(false);
  EXPECT_FALSE(choice.on_device());
  EXPECT_TRUE(choice.is_due());
  choice.host_batch(false);
  EXPECT_FALSE(choice.on_device());
  choice.host_batch(true);
  EXPECT_TRUE(choice.on_device());
  EXPECT_EQ(choice.moves(), 1u);
}

TEST(DecodeChoice, StaysWithADeviceThatLeavesFewEventsToTheHost) {
  DecodeChoice choice = on_the_device();
  for (int batch = 0; batch < 10'000; ++batch) choice.device_batch(1'000, 30);
  EXPECT_TRUE(choice.on_device());
  EXPECT_NEAR(choice.listed_ratio(), 0.03, 1e-9);
  EXPECT_EQ(choice.moves(), 1u);
}

TEST(DecodeChoice, OneBatchWithManyListedEventsIsNoReasonToLeave) {
  DecodeChoice choice = on_the_device();
  choice.device_batch(1'000, 200);
  EXPECT_TRUE(choice.on_device());
}

TEST(DecodeChoice, LeavesADeviceThatKeepsLeavingEventsToTheHost) {
  DecodeChoice choice = on_the_device();
  for (int batch = 0; batch < 20; ++batch) choice.device_batch(1'000, 60);
  EXPECT_FALSE(choice.on_device());
  EXPECT_FALSE(choice.is_due());
  EXPECT_EQ(choice.moves(), 2u);
}

TEST(DecodeChoice, StaysWithTheHostGrowUpToALongestOne) {
  DecodeChoice choice = on_the_device();
  std::uint64_t before = 0;
  for (int trial = 0; trial < 10; ++trial) {
    choice.device_batch(1'000, 1'000);
    ASSERT_FALSE(choice.on_device());
    const std::uint64_t stay = stay_with_the_host(choice);
    EXPECT_GE(stay, before);
    EXPECT_LE(stay, DecodeChoice::longest_stay + 1);
    before = stay;
  }
  EXPECT_EQ(before, DecodeChoice::longest_stay + 1);
}

TEST(DecodeChoice, ADeviceThatProvedItselfIsLeftForAShortStayAgain) {
  DecodeChoice choice = on_the_device();
  choice.device_batch(1'000, 1'000);
  stay_with_the_host(choice);
  for (std::uint64_t batch = 0; batch < DecodeChoice::proof; ++batch) choice.device_batch(1'000, 0);
  choice.device_batch(1'000, 1'000);
  EXPECT_EQ(stay_with_the_host(choice), DecodeChoice::first_stay + 1);
}

TEST(DecodeChoice, BatchesThatWereOnTheirWayDoNotCountOnceTheDeviceIsLeft) {
  DecodeChoice choice = on_the_device();
  choice.device_batch(1'000, 1'000);
  const std::uint64_t moves = choice.moves();
  choice.device_batch(1'000, 1'000);
  choice.device_batch(1'000, 0);
  EXPECT_FALSE(choice.on_device());
  EXPECT_EQ(choice.moves(), moves);
}

TEST(DecodeChoice, ABatchWithoutEventsTellsNothing) {
  DecodeChoice choice = on_the_device();
  choice.device_batch(0, 0);
  EXPECT_EQ(choice.listed_ratio(), 0.0);
  EXPECT_TRUE(choice.on_device());
}

TEST(DecodeChoice, WhereTheDeviceIsInsistedOnTheHostDecodesNoMoreThanItMust) {
  DecodeChoice choice = on_the_device(true);
  for (int trial = 0; trial < 10; ++trial) {
    choice.device_batch(1'000, 1'000);
    EXPECT_EQ(stay_with_the_host(choice), 1u);
  }
}

}  // namespace
}  // namespace sluice
