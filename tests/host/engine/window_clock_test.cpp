#include "host/engine/window_clock.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr WindowSpec tumbling{.size = 10, .slide = 10};
constexpr WindowSpec sliding{.size = 10, .slide = 5};
constexpr WindowSpec uneven{.size = 10, .slide = 4};
constexpr WindowSpec gaps{.size = 3, .slide = 10};
constexpr WindowSpec shifted{.size = 10, .slide = 10, .offset = 3};

struct Case {
  WindowSpec spec;
  EventTime watermark;
  EventTime first_open;
};

void expect_first_open(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    EXPECT_EQ(first_open_start(test.spec, test.watermark), test.first_open)
        << "size " << test.spec.size << ", slide " << test.spec.slide << ", offset "
        << test.spec.offset << ", watermark " << test.watermark;
  }
}

TEST(WindowClock, AWindowClosesOneMillisecondBeforeItsEnd) {
  expect_first_open({{tumbling, 8, 0}, {tumbling, 9, 10}, {tumbling, 10, 10}, {tumbling, 19, 20}});
}

TEST(WindowClock, ClosesNegativeTimesLikeOthers) {
  expect_first_open({{tumbling, -2, -10},
                     {tumbling, -1, 0},
                     {tumbling, -11, -10},
                     {tumbling, -12, -20},
                     {sliding, -1, -5}});
}

TEST(WindowClock, ClosesSlidingWindowsOneByOne) {
  expect_first_open({{sliding, 8, 0}, {sliding, 9, 5}, {sliding, 13, 5}, {sliding, 14, 10}});
}

TEST(WindowClock, ClosesWindowsWhoseSizeIsNoMultipleOfTheSlide) {
  // [0, 10), [4, 14), [8, 18)
  expect_first_open({{uneven, 8, 0}, {uneven, 9, 4}, {uneven, 13, 8}, {uneven, 17, 12}});
}

TEST(WindowClock, ClosesWindowsWithGapsBetweenThem) {
  expect_first_open({{gaps, 1, 0}, {gaps, 2, 10}, {gaps, 11, 10}, {gaps, 12, 20}});
}

TEST(WindowClock, FollowsTheOffset) {
  expect_first_open({{shifted, 11, 3}, {shifted, 12, 13}, {shifted, 2, 3}, {shifted, 1, -7}});
}

TEST(WindowClock, AWindowPassesAllowedLatenessAfterItClosed) {
  EXPECT_EQ(first_live_start(tumbling, 11, 3), 0);
  EXPECT_EQ(first_live_start(tumbling, 12, 3), 10);
  EXPECT_EQ(first_live_start(tumbling, 9, 0), 10);
}

TEST(WindowClock, TheLastClosedWindowEndsAtOrBeforeTheWatermark) {
  EXPECT_EQ(closed_until(tumbling, 8), 0);
  EXPECT_EQ(closed_until(tumbling, 9), 10);
  EXPECT_EQ(closed_until(sliding, 14), 15);
  EXPECT_EQ(closed_until(gaps, 2), 3);
  EXPECT_EQ(closed_until(gaps, 11), 3);
}

TEST(WindowClock, BeforeAnythingWasReadNoWindowOfAnyEventHasPassed) {
  for (const WindowSpec& spec : {tumbling, sliding, uneven, gaps, shifted}) {
    EXPECT_LT(first_live_start(spec, start_of_time, 1'000), -max_event_time);
  }
}

TEST(WindowClock, AtTheEndOfTimeEveryWindowOfAnyEventHasPassed) {
  for (const WindowSpec& spec : {tumbling, sliding, uneven, gaps, shifted}) {
    EXPECT_GT(first_live_start(spec, end_of_time, 1'000), max_event_time);
  }
}

}  // namespace
}  // namespace sluice
