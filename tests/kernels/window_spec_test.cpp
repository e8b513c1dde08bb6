#include "kernels/window_spec.hpp"

#include <random>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(FloorDivision, RoundsTowardsMinusInfinity) {
  EXPECT_EQ(floor_div(-1, 10), -1);
  EXPECT_EQ(floor_div(-10, 10), -1);
  EXPECT_EQ(floor_div(-11, 10), -2);
  EXPECT_EQ(floor_div(9, 10), 0);
  EXPECT_EQ(floor_div(10, 10), 1);
  EXPECT_EQ(floor_mod(-1, 10), 9);
  EXPECT_EQ(floor_mod(-10, 10), 0);
  EXPECT_EQ(floor_mod(13, 10), 3);
}

TEST(FloorDivision, HoldsAtTheEndsOfEventTime) {
  for (const EventTime time : {-max_event_time, max_event_time}) {
    for (const Milliseconds length : {1, 7, 86'400'000}) {
      EXPECT_EQ(floor_div(time, length) * length + floor_mod(time, length), time);
    }
  }
}

TEST(WindowSpec, WindowOfANegativeTimeStartsBeforeIt) {
  const WindowSpec tumbling{10, 10, 0};

  EXPECT_EQ(tumbling.last_start(-1), -10);
  EXPECT_EQ(tumbling.last_start(-10), -10);
  EXPECT_EQ(tumbling.last_start(0), 0);
  EXPECT_EQ(tumbling.first_start(-1), -10);
}

TEST(WindowSpec, OffsetMovesTheWindows) {
  const WindowSpec moved{10, 10, 3};

  EXPECT_EQ(moved.last_start(2), -7);
  EXPECT_EQ(moved.last_start(3), 3);
  EXPECT_EQ(moved.last_start(12), 3);
  EXPECT_EQ(moved.last_start(13), 13);
  EXPECT_EQ((WindowSpec{10, 10, -7}.last_start(3)), 3);
}

TEST(WindowSpec, SlidingWindowsOverlap) {
  const WindowSpec sliding{10, 4, 0};  // the size is no multiple of the slide

  EXPECT_EQ(sliding.first_start(9), 0);
  EXPECT_EQ(sliding.last_start(9), 8);
  EXPECT_EQ(sliding.first_start(10), 4);
  EXPECT_EQ(sliding.last_start(-1), -4);
  EXPECT_EQ(sliding.first_start(-1), -8);
}

TEST(WindowSpec, ASlideLongerThanTheSizeLeavesGaps) {
  const WindowSpec sparse{5, 10, 2};

  EXPECT_FALSE(sparse.covers(1));
  EXPECT_TRUE(sparse.covers(2));
  EXPECT_TRUE(sparse.covers(6));
  EXPECT_FALSE(sparse.covers(7));
  EXPECT_TRUE(sparse.covers(-8));
  EXPECT_FALSE(sparse.covers(-3));
}

TEST(WindowSpec, StartsAreThoseOfAllWindowsThatHoldTheTime) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 2000; ++round) {
    const WindowSpec spec{static_cast<Milliseconds>(1 + random() % 30),
                          static_cast<Milliseconds>(1 + random() % 30),
                          static_cast<Milliseconds>(random() % 61) - 30};
    const auto time = static_cast<EventTime>(random() % 401) - 200;
    EventTime first = 0;
    EventTime last = 0;
    int holding = 0;
    for (EventTime start = -300; start <= 300; ++start) {
      const bool on_grid = (start - spec.offset + 3000 * spec.slide) % spec.slide == 0;
      if (!on_grid || time < start || time >= start + spec.size) continue;
      if (holding++ == 0) first = start;
      last = start;
    }
    SCOPED_TRACE("seed 17, size " + std::to_string(spec.size) + " slide " +
                 std::to_string(spec.slide) + " offset " + std::to_string(spec.offset) + " time " +
                 std::to_string(time));
    ASSERT_EQ(spec.covers(time), holding > 0);
    if (holding == 0) continue;
    ASSERT_EQ(spec.last_start(time), last);
    ASSERT_EQ(spec.first_start(time), first);
  }
}

TEST(PaneGrid, PaneOfANegativeTimeRoundsDown) {
  const PaneGrid grid{3, 10};

  EXPECT_EQ(grid.pane_of(3), 0);
  EXPECT_EQ(grid.pane_of(2), -1);
  EXPECT_EQ(grid.pane_of(-7), -1);
  EXPECT_EQ(grid.pane_of(-8), -2);
  EXPECT_EQ(grid.start_of(-1), -7);
}

std::vector<GridPlan> plan(std::vector<WindowSpec> windows) { return plan_grids(windows); }

TEST(PlanGrids, OneTumblingWindowIsOnePane) {
  const auto plans = plan({{60'000, 60'000, 5}});

  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0].grid.length, 60'000);
  EXPECT_EQ(plans[0].grid.phase, 5);
  EXPECT_EQ(plans[0].windows, std::vector<std::uint32_t>{0});
}

TEST(PlanGrids, PanesDivideSizeAndSlide) {
  const auto plans = plan({{10, 4, 0}});

  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0].grid.length, 2);
}

TEST(PlanGrids, DefinitionsShareAGridWhereThatIsCheap) {
  const auto plans = plan({{1000, 1000, 0}, {10'000, 1000, 0}, {2000, 500, 0}});

  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0].grid.length, 500);
  EXPECT_EQ(plans[0].windows, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(PlanGrids, DifferencesOfOffsetsCutThePanes) {
  const auto plans = plan({{12, 12, 1}, {12, 12, 5}});

  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0].grid.length, 4);
  EXPECT_EQ(plans[0].grid.phase, 1);
}

TEST(PlanGrids, ADefinitionThatWouldMultiplyThePanesGetsItsOwnGrid) {
  const auto plans = plan({{3'600'000, 3'600'000, 0}, {1000, 1000, 0}, {5000, 1000, 0}});

  ASSERT_EQ(plans.size(), 2u);
  EXPECT_EQ(plans[0].grid.length, 3'600'000);
  EXPECT_EQ(plans[1].grid.length, 1000);
  EXPECT_EQ(plans[1].windows, (std::vector<std::uint32_t>{1, 2}));
}

TEST(PlanGrids, ThereAreNeverMoreGridsThanABatchHasRoomFor) {
  std::vector<WindowSpec> windows;
  Milliseconds size = 1;
  for (int k = 0; k < 12; ++k, size *= 11) windows.push_back({size, size, 0});

  const auto plans = plan(windows);

  EXPECT_EQ(plans.size(), max_grids);
  std::vector<std::uint32_t> placed;
  for (const GridPlan& grid : plans) {
    placed.insert(placed.end(), grid.windows.begin(), grid.windows.end());
    for (const std::uint32_t w : grid.windows) EXPECT_EQ(windows[w].size % grid.grid.length, 0);
  }
  EXPECT_EQ(placed.size(), windows.size());
}

TEST(LivePanes, CountsPanesUntilTheLastWindowHasPassed) {
  const std::vector<WindowSpec> windows{{1000, 1000, 0}, {10'000, 1000, 0}};
  const auto plans = plan_grids(windows);

  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(live_panes(plans[0], windows, 0), 10);
  EXPECT_EQ(live_panes(plans[0], windows, 1), 11);
  EXPECT_EQ(live_panes(plans[0], windows, 1000), 11);
  EXPECT_EQ(live_panes(plans[0], windows, 1001), 12);
}

}  // namespace
}  // namespace sluice
