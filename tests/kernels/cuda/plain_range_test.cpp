#include "kernels/cuda/plain_range.hpp"

#include <limits>
#include <random>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::cuda {
namespace {

using contract::EventBatch;
using contract::Limits;

EventBatch batch_of(std::initializer_list<EventTime> times) {
  EventBatch batch;
  for (const EventTime time : times) batch.add(time, {1, 0});
  return batch;
}

/// As the kernels divide.
std::uint64_t quotient(std::uint64_t dividend, const PaneDivision& division, bool in_short_form) {
  __extension__ using Wide = unsigned __int128;
  if (in_short_form) {
    const std::uint64_t shifted = dividend << (32 - PaneDivision::short_bits);
    return shifted * division.magic >> 32 >> division.shift;
  }
  const std::uint64_t shifted = dividend << (64 - PaneDivision::long_bits);
  return static_cast<std::uint64_t>(Wide{shifted} * division.magic >> 64) >> division.shift;
}

TEST(PaneDivision, IsExactForEveryDividendOfItsForm) {
  std::mt19937_64 random(1);
  for (const bool in_short_form : {true, false}) {
    const unsigned bits = in_short_form ? PaneDivision::short_bits : PaneDivision::long_bits;
    const std::uint64_t end = std::uint64_t{1} << bits;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t length =
          i < 64 ? static_cast<std::uint64_t>(i) + 1 : 1 + (random() % end >> (random() % bits));
      if (length >= end) continue;
      const PaneDivision division = division_by(static_cast<Milliseconds>(length), in_short_form);
      if (in_short_form) {
        ASSERT_LE(division.magic, 0xffff'ffffu);
      }
      const std::uint64_t multiple = random() % end / length * length;
      for (const std::uint64_t dividend : {std::uint64_t{0}, length - 1, length, end - 1, multiple,
                                           multiple == 0 ? 0 : multiple - 1, random() % end}) {
        if (dividend >= end) continue;
        ASSERT_EQ(quotient(dividend, division, in_short_form), dividend / length)
            << dividend << " / " << length << ", seed 1";
      }
    }
  }
}

TEST(PlainRange, HasThePanesOfTheBatch) {
  const Limits limits = Limits::tumbling(10, -100, 1000);
  const EventBatch batch = batch_of({-3, 12, 25});

  const PlainRange range = plain_range(limits.limits, batch.columns());

  EXPECT_EQ(range.from, -10);
  EXPECT_EQ(range.span, 40u);
  EXPECT_EQ(range.panes[0].first, -1);
  EXPECT_EQ(range.panes[0].count, 4u);
}

TEST(PlainRange, IsEmptyWhereEveryEventNeedsJudging) {
  const EventBatch batch = batch_of({5, 6});
  Limits gaps;
  gaps.add_grid({5, 10, 0}, 5, -4, 80, 0);
  EXPECT_EQ(plain_range(gaps.limits, batch.columns()).span, 0u);

  Limits late = Limits::tumbling(10, 0, 10);
  late.limits.untouched_from = 7;
  EXPECT_EQ(plain_range(late.limits, batch.columns()).span, 0u);

  Limits future = Limits::tumbling(10, 0, 10);
  future.limits.future_after = 4;
  EXPECT_EQ(plain_range(future.limits, batch.columns()).span, 0u);

  Limits corrected = Limits::tumbling(10, 0, 10);
  corrected.limits.grids[0].corrected_before = 1;
  EXPECT_EQ(plain_range(corrected.limits, batch.columns()).span, 0u);

  EXPECT_EQ(plain_range(Limits::tumbling(10, 3, 10).limits, batch.columns()).span, 0u);
  EXPECT_EQ(plain_range(Limits::tumbling(10, 0, 0).limits, batch.columns()).span, 0u);
  EXPECT_EQ(plain_range(Limits::tumbling(10, 0, 9).limits, EventBatch().columns()).span, 0u);
}

TEST(PlainRange, EndsWhereJudgingBegins) {
  Limits limits = Limits::tumbling(10, 0, 10);
  limits.limits.untouched_from = 13;
  limits.limits.future_after = 57;
  const EventBatch batch = batch_of({0, 20, 99});

  const PlainRange range = plain_range(limits.limits, batch.columns());

  EXPECT_EQ(range.from, 13);
  EXPECT_EQ(range.span, 45u);
  EXPECT_EQ(range.panes[0].first, 1);
  EXPECT_EQ(range.panes[0].count, 5u);
}

TEST(PlainRange, LiesInPanesOfEveryGrid) {
  Limits limits = Limits::tumbling(10, 0, 10);
  limits.add_grid({25, 25, 5}, 25, 0, 2, 20);  // [5, 55)
  const EventBatch batch = batch_of({0, 30, 90});

  const PlainRange range = plain_range(limits.limits, batch.columns());

  EXPECT_EQ(range.from, 5);
  EXPECT_EQ(range.span, 50u);
  EXPECT_EQ(range.panes[0].count, 6u);
  EXPECT_EQ(range.panes[1].first, 0);
  EXPECT_EQ(range.panes[1].count, 2u);
}

TEST(PlainRange, AStrayTimeDoesNotWidenIt) {
  const Limits limits = Limits::tumbling(10, 0, 60'000);
  EventBatch batch;
  for (int i = 0; i < 2000; ++i) batch.add(1000 + i % 40, {1, 0});
  batch.time[1000] = 500'000;
  batch.time[0] = 0;

  const PlainRange range = plain_range(limits.limits, batch.columns());

  EXPECT_LE(range.from, 1000);
  EXPECT_GE(range.from + static_cast<EventTime>(range.span), 1040);
  EXPECT_LE(range.panes[0].count, 6u);
  EXPECT_GE(range.expected[0].count, 3u);
  EXPECT_LE(range.expected[0].count, 4u);
}

TEST(PlainRange, TimesMayBeAsFarApartAsTheyCanBe) {
  Limits limits = Limits::tumbling(max_event_time, -1, 3);
  limits.limits.future_after = std::numeric_limits<EventTime>::max();
  const EventBatch batch = batch_of({-max_event_time, max_event_time});

  const PlainRange range = plain_range(limits.limits, batch.columns());

  EXPECT_EQ(range.from, -max_event_time);
  EXPECT_EQ(range.panes[0].count, 3u);
}

}  // namespace
}  // namespace sluice::cuda
