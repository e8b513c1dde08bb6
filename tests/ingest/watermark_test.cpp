#include "ingest/watermark.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr EventTime some_now = 1'000'000;

WatermarkSettings settings(Milliseconds out_of_orderness = 0,
                           std::optional<Milliseconds> idle_timeout = std::nullopt) {
  return {.out_of_orderness = out_of_orderness, .idle_timeout = idle_timeout};
}

TEST(Watermarks, StartBeforeEveryTime) {
  Watermarks watermarks(1, settings());

  EXPECT_EQ(watermarks.advance(some_now), start_of_time);
  EXPECT_EQ(watermarks.current(), start_of_time);
}

struct OneEvent {
  EventTime time;
  Milliseconds out_of_orderness;
  EventTime watermark;
};

TEST(Watermarks, AreTheLargestTimeLessTheDisorderLessOneMillisecond) {
  const std::vector<OneEvent> table = {
      {10, 0, 9},
      {9, 0, 8},
      {0, 0, -1},
      {-1, 0, -2},
      {-10, 5, -16},
      {10, 5, 4},
      {5'000, 5'000, -1},
      {max_event_time, 0, max_event_time - 1},
      {-max_event_time, 1'000, -max_event_time - 1'001},
  };

  for (const OneEvent& row : table) {
    Watermarks watermarks(1, settings(row.out_of_orderness));
    watermarks.observe(0, row.time, 0);

    EXPECT_EQ(watermarks.advance(some_now), row.watermark)
        << row.time << " out of order by " << row.out_of_orderness;
  }
}

TEST(Watermarks, MoveOnlyWhenTheyAreAdvanced) {
  Watermarks watermarks(1, settings());
  watermarks.observe(0, 100, 0);

  EXPECT_EQ(watermarks.current(), start_of_time);
  EXPECT_EQ(watermarks.advance(some_now), 99);
  EXPECT_EQ(watermarks.current(), 99);
}

TEST(Watermarks, NeverGoBackForAnOlderEvent) {
  Watermarks watermarks(1, settings());
  watermarks.observe(0, 100, 0);
  watermarks.advance(some_now);

  watermarks.observe(0, 50, 1);

  EXPECT_EQ(watermarks.advance(some_now), 99);
  EXPECT_EQ(watermarks.max_time(0), 100);
}

TEST(Watermarks, AreTheMinimumOverPartitions) {
  Watermarks watermarks(3, settings());
  watermarks.observe(0, 300, 0);
  watermarks.observe(1, 100, 0);
  watermarks.observe(2, 200, 0);
  EXPECT_EQ(watermarks.advance(some_now), 99);
  EXPECT_EQ(watermarks.holder(), 1);

  watermarks.observe(1, 250, 1);

  EXPECT_EQ(watermarks.advance(some_now), 199);
  EXPECT_EQ(watermarks.holder(), 2);
}

TEST(Watermarks, AreHeldBackByAPartitionWithoutAnEvent) {
  Watermarks watermarks(2, settings());
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.observe(0, 100, 0);
  watermarks.tick(both, 1'000'000'000);

  EXPECT_EQ(watermarks.advance(some_now), start_of_time);
  EXPECT_EQ(watermarks.holder(), 1);
  EXPECT_EQ(watermarks.max_time(1), std::nullopt);
}

TEST(Watermarks, LeaveAPartitionOutOnceItIsQuietForMoreThanTheTimeout) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.observe(0, 100, 1'000);
  watermarks.observe(1, 200, 1'000);
  watermarks.tick(both, 1'000);
  watermarks.observe(1, 300, 1'030);
  watermarks.tick(both, 1'030);
  EXPECT_EQ(watermarks.advance(some_now), 99) << "quiet for exactly the timeout";
  EXPECT_FALSE(watermarks.idle(0));

  watermarks.tick(both, 1'031);

  EXPECT_EQ(watermarks.advance(some_now), 299);
  EXPECT_TRUE(watermarks.idle(0));
  EXPECT_EQ(watermarks.idle_count(), 1u);
  EXPECT_EQ(watermarks.holder(), 1);
}

TEST(Watermarks, TakeAPartitionWithoutAnyEventAsQuietSinceItsFirstTick) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.tick(both, 5'000);
  watermarks.observe(0, 100, 5'030);
  watermarks.tick(both, 5'030);
  EXPECT_EQ(watermarks.advance(some_now), start_of_time);

  watermarks.tick(both, 5'031);

  EXPECT_EQ(watermarks.advance(some_now), 99);
}

TEST(Watermarks, CountAPartitionAgainAfterItsNextEvent) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.observe(0, 100, 0);
  watermarks.observe(1, 500, 100);
  watermarks.tick(both, 100);
  ASSERT_EQ(watermarks.advance(some_now), 499);

  watermarks.observe(0, 200, 101);
  watermarks.observe(1, 900, 101);
  EXPECT_EQ(watermarks.advance(some_now), 499) << "behind by now, and it never goes back";
  EXPECT_EQ(watermarks.holder(), 0);

  watermarks.observe(0, 700, 102);
  EXPECT_EQ(watermarks.advance(some_now), 699);
}

TEST(Watermarks, LetNoPartitionGoIdleWithoutATimeout) {
  Watermarks watermarks(1, settings());
  const std::vector<PartitionIndex> only = {0};
  watermarks.observe(0, 100, 0);

  watermarks.tick(only, 1'000'000'000'000);

  EXPECT_FALSE(watermarks.idle(0));
}

TEST(Watermarks, DoNotMakeAPartitionIdleInTheBatchOfItsEventWithATimeoutOfZero) {
  Watermarks watermarks(1, settings(0, 0));
  const std::vector<PartitionIndex> only = {0};
  watermarks.observe(0, 100, 7);

  watermarks.tick(only, 7);
  EXPECT_FALSE(watermarks.idle(0));

  watermarks.tick(only, 8);
  EXPECT_TRUE(watermarks.idle(0));
}

TEST(Watermarks, MeasureQuietOnTheClockOfTheLaneThatReadsThePartition) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> first = {0};
  const std::vector<PartitionIndex> second = {1};
  watermarks.observe(0, 100, 1'000);
  watermarks.observe(1, 200, 5);

  watermarks.tick(second, 35);
  EXPECT_FALSE(watermarks.idle(1)) << "its lane was held back; the other's clock went on";

  watermarks.tick(first, 2'000);
  EXPECT_TRUE(watermarks.idle(0));
  EXPECT_FALSE(watermarks.idle(1));
}

TEST(Watermarks, HoldWhenEveryPartitionIsIdle) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.observe(0, 100, 0);
  watermarks.observe(1, 500, 0);
  watermarks.advance(some_now);

  watermarks.tick(both, 31);

  EXPECT_EQ(watermarks.advance(some_now), 99) << "not the larger one's";
  EXPECT_EQ(watermarks.advance(some_now + 10'000), 99);
  EXPECT_EQ(watermarks.holder(), std::nullopt);
  EXPECT_EQ(watermarks.idle_count(), 2u);
}

class AdvancingWatermarks : public testing::Test {
 protected:
  AdvancingWatermarks()
      : watermarks(2, {.out_of_orderness = 0, .idle_timeout = 30, .advance_when_all_idle = true}) {
    watermarks.observe(0, 100, 0);
    watermarks.observe(1, 500, 0);
    watermarks.advance(some_now);
  }

  const std::vector<PartitionIndex> both = {0, 1};
  Watermarks watermarks;
};

TEST_F(AdvancingWatermarks, AddTheWallTimeThatPassedWhileAllAreIdle) {
  watermarks.tick(both, 31);
  EXPECT_EQ(watermarks.advance(some_now + 50), 99) << "idle from now on";
  EXPECT_EQ(watermarks.advance(some_now + 250), 299);
  EXPECT_EQ(watermarks.advance(some_now + 260), 309);
}

TEST_F(AdvancingWatermarks, DoNotAddTimeOfBeforeAllWereIdleAgain) {
  watermarks.tick(both, 31);
  watermarks.advance(some_now);
  watermarks.observe(0, 1'000, 32);
  EXPECT_EQ(watermarks.advance(some_now + 500), 999);

  watermarks.tick(both, 63);

  EXPECT_EQ(watermarks.advance(some_now + 5'000), 999);
  EXPECT_EQ(watermarks.advance(some_now + 5'001), 1'000);
}

TEST_F(AdvancingWatermarks, HoldWhenTheWallClockIsSetBack) {
  watermarks.tick(both, 31);
  watermarks.advance(some_now);
  EXPECT_EQ(watermarks.advance(some_now - 5'000), 99);
  EXPECT_EQ(watermarks.advance(some_now - 4'990), 109);
}

TEST_F(AdvancingWatermarks, HoldBeforeTheFirstEvent) {
  Watermarks untouched(1,
                       {.out_of_orderness = 0, .idle_timeout = 30, .advance_when_all_idle = true});
  const std::vector<PartitionIndex> only = {0};
  untouched.tick(only, 0);
  untouched.tick(only, 31);

  untouched.advance(some_now);

  EXPECT_EQ(untouched.advance(some_now + 10'000), start_of_time);
}

TEST_F(AdvancingWatermarks, CountAFinishedPartitionAmongTheIdle) {
  watermarks.finish(0);
  EXPECT_EQ(watermarks.advance(some_now), 499);
  watermarks.tick(both, 31);

  watermarks.advance(some_now);

  EXPECT_EQ(watermarks.advance(some_now + 7), 506);
}

TEST(Watermarks, LeaveAFinishedPartitionOut) {
  Watermarks watermarks(2, settings());
  watermarks.observe(0, 100, 0);
  watermarks.observe(1, 500, 0);

  watermarks.finish(0);

  EXPECT_EQ(watermarks.advance(some_now), 499);
  EXPECT_FALSE(watermarks.all_finished());
}

TEST(Watermarks, AreAtTheEndOfTimeOnceEveryPartitionIsFinished) {
  Watermarks watermarks(2, settings());
  watermarks.observe(0, 100, 0);
  watermarks.finish(0);
  watermarks.advance(some_now);

  watermarks.finish(1);

  EXPECT_TRUE(watermarks.all_finished());
  EXPECT_EQ(watermarks.advance(some_now), end_of_time);
  EXPECT_EQ(watermarks.advance(some_now), end_of_time);
  EXPECT_EQ(watermarks.holder(), std::nullopt);
}

TEST(Watermarks, CountNoFinishedPartitionAsIdle) {
  Watermarks watermarks(2, settings(0, 30));
  const std::vector<PartitionIndex> both = {0, 1};
  watermarks.tick(both, 0);
  watermarks.tick(both, 31);

  watermarks.finish(0);

  EXPECT_EQ(watermarks.idle_count(), 1u);
}

}  // namespace
}  // namespace sluice
