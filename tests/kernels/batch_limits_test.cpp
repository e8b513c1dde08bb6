#include "kernels/batch_limits.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

/// What a definition still takes at a watermark: a window [s, s + size) has passed when
/// watermark >= s + size - 1 + lateness. By walking over the windows.
WindowLimits limits_at(const WindowSpec& spec, EventTime watermark, Milliseconds lateness) {
  WindowLimits limits{spec, start_of_time, start_of_time};
  for (EventTime start = spec.offset - 100 * spec.slide;; start += spec.slide) {
    if (watermark < start + spec.size - 1 + lateness) {
      limits.live_from = start;
      return limits;
    }
    limits.refused_before = start + spec.size;
  }
}

BatchLimits batch_limits(const std::vector<WindowLimits>& windows) {
  BatchLimits limits;
  limits.window_count = static_cast<std::uint32_t>(windows.size());
  limits.grid_count = 1;
  limits.grids[0].window_count = limits.window_count;
  limits.untouched_from = end_of_time;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    limits.windows[w] = windows[w];
    limits.gaps = limits.gaps || windows[w].spec.slide > windows[w].spec.size;
  }
  return limits;
}

struct Case {
  const char* what;
  WindowSpec spec;
  EventTime watermark;
  Milliseconds lateness;
  EventTime time;
  Verdict verdict;
};

TEST(Judge, FollowsTheTableOfSemantics) {
  const WindowSpec tumbling{10, 10, 0};
  const WindowSpec moved{10, 10, 3};
  const WindowSpec sliding{10, 4, 0};
  const WindowSpec sparse{5, 10, 0};
  const Case cases[] = {
      {"[0, 10) is open while an event at 9 may come", tumbling, 8, 0, 9, Verdict::accepted},
      {"[0, 10) has passed at watermark 9", tumbling, 9, 0, 9, Verdict::late},
      {"the next window is open then", tumbling, 9, 0, 10, Verdict::accepted},
      {"lateness keeps a window", tumbling, 11, 3, 9, Verdict::accepted},
      {"to the millisecond", tumbling, 12, 3, 9, Verdict::late},
      {"negative times have windows", tumbling, -2, 0, -1, Verdict::accepted},
      {"[-10, 0) has passed at watermark -1", tumbling, -1, 0, -1, Verdict::late},
      {"and holds -10", tumbling, -1, 0, -10, Verdict::late},
      {"an offset moves the bounds", moved, 11, 0, 12, Verdict::accepted},
      {"[3, 13) has passed at watermark 12", moved, 12, 0, 12, Verdict::late},
      {"[-7, 3) has passed at watermark 2", moved, 2, 0, 2, Verdict::late},
      {"[3, 13) has not", moved, 2, 0, 3, Verdict::accepted},
      {"9 is in [0, 10), [4, 14) and [8, 18)", sliding, 12, 0, 9, Verdict::accepted},
      {"the last of them takes it", sliding, 16, 0, 9, Verdict::accepted},
      {"until it has passed", sliding, 17, 0, 9, Verdict::late},
      {"between windows is in none", sparse, -100, 0, 5, Verdict::in_no_window},
      {"however late", sparse, 1000, 0, 7, Verdict::in_no_window},
      {"in a window that has passed is late", sparse, 4, 0, 4, Verdict::late},
      {"the window after the gap is open", sparse, 4, 0, 10, Verdict::accepted},
      {"a gap before the epoch", sparse, -100, 0, -1, Verdict::in_no_window},
      {"a window before the epoch", sparse, -100, 0, -6, Verdict::accepted},
  };
  for (const Case& c : cases) {
    const BatchLimits limits = batch_limits({limits_at(c.spec, c.watermark, c.lateness)});
    EXPECT_EQ(judge(limits, c.time), c.verdict) << c.what;
  }
}

TEST(Judge, AgreesWithWalkingOverTheWindows) {
  for (const WindowSpec& spec : {WindowSpec{10, 10, 0}, {10, 4, 1}, {7, 3, -2}, {5, 10, 3}}) {
    for (EventTime watermark = -40; watermark <= 40; watermark += 3) {
      for (const Milliseconds lateness : {0, 1, 12}) {
        const WindowLimits window = limits_at(spec, watermark, lateness);
        const BatchLimits limits = batch_limits({window});
        for (EventTime time = -60; time <= 60; ++time) {
          int held = 0;
          int passed = 0;
          for (EventTime start = spec.offset - 40 * spec.slide; start <= time;
               start += spec.slide) {
            if (time >= start + spec.size) continue;
            ++held;
            passed += watermark >= start + spec.size - 1 + lateness ? 1 : 0;
          }
          SCOPED_TRACE("size " + std::to_string(spec.size) + " slide " +
                       std::to_string(spec.slide) + " watermark " + std::to_string(watermark) +
                       " time " + std::to_string(time));
          const Verdict expected = held == 0        ? Verdict::in_no_window
                                   : held == passed ? Verdict::late
                                                    : Verdict::accepted;
          ASSERT_EQ(judge(limits, time), expected);
          ASSERT_EQ(takes(window, time), held > passed);
          ASSERT_EQ(refuses(window, time), passed > 0);
        }
      }
    }
  }
}

TEST(Judge, FutureComesBeforeEverythingElse) {
  BatchLimits limits = batch_limits({{{5, 10, 0}, start_of_time, start_of_time}});
  limits.future_after = 16;

  EXPECT_EQ(judge(limits, 17), Verdict::future) << "though it is in no window";
  EXPECT_EQ(judge(limits, 16), Verdict::in_no_window);
}

TEST(Judge, AnEventThatAnyDefinitionHoldsIsNotInNoWindow) {
  const BatchLimits limits = batch_limits(
      {limits_at({5, 10, 0}, 30, 0), limits_at({20, 20, 0}, 30, 0), limits_at({3, 30, 7}, 0, 0)});

  EXPECT_EQ(judge(limits, 6), Verdict::late);
  EXPECT_EQ(judge(limits, 8), Verdict::accepted) << "by the third definition alone";
  EXPECT_EQ(judge(limits, 22), Verdict::accepted);
}

TEST(Judge, NothingIsJudgedTwiceWhereNoWindowHasClosed) {
  BatchLimits limits = batch_limits({limits_at({10, 10, 0}, 25, 0)});
  limits.untouched_from = 30;

  EXPECT_EQ(judge(limits, 30), Verdict::accepted);
  EXPECT_EQ(judge(limits, 29), Verdict::accepted) << "its window has not passed either";
  EXPECT_EQ(judge(limits, 19), Verdict::late);
}

TEST(GridTakes, AGridTakesWhatOneOfItsDefinitionsTakes) {
  BatchLimits limits =
      batch_limits({limits_at({10, 10, 0}, 25, 0), limits_at({100, 100, 0}, 25, 0)});
  limits.grids[0].window_count = 1;
  limits.grids[1].first_window = 1;
  limits.grids[1].window_count = 1;
  limits.grid_count = 2;

  EXPECT_FALSE(grid_takes(limits, limits.grids[0], 19));
  EXPECT_TRUE(grid_takes(limits, limits.grids[0], 20));
  EXPECT_TRUE(grid_takes(limits, limits.grids[1], 19));
}

}  // namespace
}  // namespace sluice
