#include "tests/support/watermark_oracle.hpp"

#include <gtest/gtest.h>

namespace sluice::oracle {
namespace {

Job job_with(std::uint32_t partitions, WatermarkSettings settings) {
  Job job;
  job.partitions = partitions;
  job.watermark = settings;
  return job;
}

std::optional<std::int64_t> at(std::int64_t time) { return time; }

TEST(WatermarkOracle, IsTheLargestTimeLessTheBoundLessOne) {
  WatermarkOracle oracle(job_with(1, {.out_of_orderness = 5}));

  oracle.hear(0, 20);
  oracle.hear(0, 12);
  EXPECT_EQ(oracle.progress().watermark, std::nullopt);
  oracle.move(0, {0});

  EXPECT_EQ(oracle.progress().watermark, at(14));  // 20 - 5 - 1
  EXPECT_TRUE(oracle.progress().has_passed(14));
  EXPECT_FALSE(oracle.progress().has_passed(15));
}

TEST(WatermarkOracle, IsTheMinimumOverPartitionsAndNeedsAnEventOfEach) {
  WatermarkOracle oracle(job_with(2, {}));

  oracle.hear(0, 100);
  oracle.move(0, {0, 0});
  EXPECT_EQ(oracle.progress().watermark, std::nullopt);

  oracle.hear(1, -3);
  oracle.move(0, {0, 0});
  EXPECT_EQ(oracle.progress().watermark, at(-4));
}

TEST(WatermarkOracle, LeavesPartitionsOutThatAreQuietForLongerThanTheTimeout) {
  WatermarkOracle oracle(job_with(2, {.idle_timeout = 30}));

  oracle.hear(0, 100);
  oracle.move(0, {0, 0});
  oracle.hear(0, 101);
  oracle.move(30, {30, 30});
  EXPECT_EQ(oracle.progress().watermark, std::nullopt);

  oracle.move(31, {31, 31});  // partition 1 has had no event since the start, 31 ms ago
  EXPECT_EQ(oracle.progress().watermark, at(100));
}

TEST(WatermarkOracle, ComesBackFromIdlenessWithoutGoingBack) {
  WatermarkOracle oracle(job_with(2, {.idle_timeout = 30}));

  oracle.hear(0, 100);
  oracle.move(31, {31, 31});
  oracle.hear(1, 50);  // no longer idle, and behind the watermark
  oracle.hear(0, 200);
  oracle.move(32, {32, 32});
  EXPECT_EQ(oracle.progress().watermark, at(99));

  oracle.hear(1, 151);
  oracle.move(33, {33, 33});
  EXPECT_EQ(oracle.progress().watermark, at(150));
}

TEST(WatermarkOracle, DoesNotCountPausedTimeAsIdle) {
  WatermarkOracle oracle(job_with(2, {.idle_timeout = 30}));

  oracle.hear(0, 100);
  oracle.move(40, {40, 10});  // partition 1 was paused for 30 of the 40 ms

  EXPECT_EQ(oracle.progress().watermark, std::nullopt);
}

TEST(WatermarkOracle, HoldsWhenAllPartitionsAreIdle) {
  WatermarkOracle oracle(job_with(2, {.idle_timeout = 30}));

  oracle.hear(0, 10);
  oracle.hear(1, 20);
  oracle.move(0, {0, 0});
  oracle.move(1000, {1000, 1000});

  EXPECT_EQ(oracle.progress().watermark, at(9));  // never the maximum, never the wall clock
}

TEST(WatermarkOracle, AdvancesByElapsedTimeWhenAllPartitionsAreIdle) {
  WatermarkOracle oracle(job_with(1, {.idle_timeout = 30, .on_all_idle = OnAllIdle::advance}));

  oracle.hear(0, 10);
  oracle.move(1000, {1000});
  oracle.move(1031, {1031});  // idle from here
  EXPECT_EQ(oracle.progress().watermark, at(9));
  oracle.move(1231, {1231});
  EXPECT_EQ(oracle.progress().watermark, at(209));

  oracle.hear(0, 100);  // its next event ends it; 209 stays
  oracle.move(1250, {1250});
  EXPECT_EQ(oracle.progress().watermark, at(209));
}

TEST(WatermarkOracle, AdvancesNothingBeforeTheFirstEvent) {
  WatermarkOracle oracle(job_with(1, {.idle_timeout = 30, .on_all_idle = OnAllIdle::advance}));

  oracle.move(100, {100});
  oracle.move(200, {200});

  EXPECT_EQ(oracle.progress(), Progress{});
}

TEST(WatermarkOracle, DropsEndedPartitionsFromTheMinimumAndEndsWithTheLast) {
  WatermarkOracle oracle(job_with(2, {}));

  oracle.hear(0, 10);
  oracle.hear(1, 50);
  oracle.end(0);
  oracle.move(0, {0, 0});
  EXPECT_EQ(oracle.progress().watermark, at(49));
  EXPECT_FALSE(oracle.progress().ended);

  oracle.end(1);
  oracle.move(0, {0, 0});
  EXPECT_TRUE(oracle.progress().has_passed(std::int64_t{1} << 60));
}

TEST(WatermarkOracle, HoldsWhenSomePartitionsHaveEndedAndTheOthersAreIdle) {
  WatermarkOracle oracle(job_with(2, {.idle_timeout = 30}));

  oracle.hear(0, 100);
  oracle.hear(1, 20);
  oracle.end(0);
  oracle.move(0, {0, 0});
  oracle.move(31, {31, 31});

  EXPECT_EQ(oracle.progress().watermark, at(19));
  EXPECT_FALSE(oracle.progress().ended);
}

TEST(WatermarkOracle, GuardsAgainstTimesBeyondMaxFuture) {
  const WatermarkOracle guarded(job_with(1, {.max_future = 60}));
  const WatermarkOracle unguarded(job_with(1, {}));

  EXPECT_FALSE(guarded.is_future(1060, 1000));
  EXPECT_TRUE(guarded.is_future(1061, 1000));
  EXPECT_FALSE(unguarded.is_future(1'000'000, 1000));
}

}  // namespace
}  // namespace sluice::oracle
