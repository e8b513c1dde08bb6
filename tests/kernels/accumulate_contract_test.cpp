#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {
namespace {

class AccumulateContract : public BackendContract {};

INSTANTIATE_TEST_SUITE_P(Backends, AccumulateContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(AccumulateContract, AnEmptyBatchReportsNothing) {
  make(full_layout());

  const BatchReport report = offer(EventBatch(), Limits::tumbling(10, 0, 4).limits);

  EXPECT_EQ(report.accepted, 0u);
  EXPECT_EQ(report.refused, std::vector<std::uint64_t>{0});
  EXPECT_TRUE(report.maxima.empty());
  EXPECT_TRUE(report.first_seen.empty());
  EXPECT_TRUE(report.opened.empty());
  EXPECT_FALSE(report.out_of_memory);
}

TEST_P(AccumulateContract, AnEventIsAddedToTheRowOfItsKeyAndPane) {
  make(full_layout());
  EventBatch batch;
  batch.add(0, {7, 0}, 5);
  batch.add(9, {7, 0}, -2);
  batch.add(10, {7, 0}, 40);
  batch.add(3, {8, 0}, 100);

  const BatchReport report = offer(batch, Limits::tumbling(10, 0, 4).limits);

  EXPECT_EQ(report.accepted, 4u);
  EXPECT_EQ(report.opened, (std::vector<ColumnIndex>{0, 1}));
  EXPECT_EQ(rows(0), (Rows{{{7, 0}, {2, 0, 3, -2, 5}}, {{8, 0}, {1, 0, 100, 100, 100}}}));
  EXPECT_EQ(rows(1), (Rows{{{7, 0}, {1, 0, 40, 40, 40}}}));
  EXPECT_EQ(rows(2), Rows{});
}

TEST_P(AccumulateContract, EveryVerdictIsCountedOnce) {
  make(full_layout());
  // The watermark is 21: [10, 20) of the short windows has passed, no [40k, 40k + 40) of the long.
  Limits limits = Limits::tumbling(10, 0, 8);
  limits.limits.windows[0].live_from = 20;
  limits.limits.windows[0].refused_before = 20;
  limits.limits.windows[1] = {{40, 40, 0}, 0, 0};
  limits.limits.window_count = 2;
  limits.limits.grids[0].window_count = 2;
  limits.limits.untouched_from = 20;
  limits.limits.future_after = 70;
  EventBatch batch;
  batch.add(25, {1, 0}, 1, 0);
  batch.add(5, {1, 0}, 2, 1);    // only the long window takes it
  batch.add(-5, {2, 0}, 3, 2);   // late
  batch.add(71, {3, 0}, 4, 3);   // future
  batch.add(70, {1, 0}, 5, 0);   // just not
  batch.add(-41, {2, 0}, 6, 2);  // late

  const BatchReport report = offer(batch, limits.limits);

  EXPECT_EQ(report.accepted, 3u);
  EXPECT_EQ(report.future, 1u);
  EXPECT_EQ(report.late, 2u);
  EXPECT_EQ(report.in_no_window, 0u);
  EXPECT_EQ(report.late_events, (std::vector<std::uint32_t>{2, 5}));
  EXPECT_EQ(report.refused, (std::vector<std::uint64_t>{1, 0}));
  ASSERT_EQ(report.maxima.size(), 3u);
  std::map<PartitionIndex, EventTime> maxima;
  for (const PartitionMaximum& maximum : report.maxima) maxima[maximum.partition] = maximum.time;
  EXPECT_EQ(maxima, (std::map<PartitionIndex, EventTime>{{0, 70}, {1, 5}, {2, -5}}));
  ASSERT_EQ(report.first_seen.size(), 1u) << "dropped events bring no keys";
  EXPECT_EQ(report.first_seen[0].event, 0u);
  EXPECT_EQ(rows(0).size(), 1u);
}

TEST_P(AccumulateContract, AnEventBetweenWindowsIsInNone) {
  make(full_layout());
  Limits limits;
  limits.add_grid({5, 10, 0}, 5, -4, 8, 0);
  EventBatch batch;
  for (const EventTime time : {0, 4, 5, 9, 10, -6, -1, -5}) batch.add(time, {1, 0});

  const BatchReport report = offer(batch, limits.limits);

  EXPECT_EQ(report.accepted, 4u);      // 0, 4, 10, -6
  EXPECT_EQ(report.in_no_window, 4u);  // 5, 9, -1, -5
  EXPECT_EQ(report.late, 0u);
  ASSERT_EQ(report.maxima.size(), 1u);
  EXPECT_EQ(report.maxima[0].time, 10);
  EXPECT_EQ(rows(4), (Rows{{{1, 0}, {2, 0, 2, 1, 1}}}));
  EXPECT_EQ(rows(2), (Rows{{{1, 0}, {1, 0, 1, 1, 1}}}));
}

TEST_P(AccumulateContract, NegativeTimesLieInTheirPanes) {
  make(full_layout());
  EventBatch batch;
  batch.add(-1, {1, 0}, 1);
  batch.add(-10, {1, 0}, 2);
  batch.add(-11, {1, 0}, 4);
  batch.add(0, {1, 0}, 8);

  offer(batch, Limits::tumbling(10, -2, 4).limits);

  EXPECT_EQ(rows(0), (Rows{{{1, 0}, {1, 0, 4, 4, 4}}}));
  EXPECT_EQ(rows(1), (Rows{{{1, 0}, {2, 0, 3, 1, 2}}}));
  EXPECT_EQ(rows(2), (Rows{{{1, 0}, {1, 0, 8, 8, 8}}}));
}

TEST_P(AccumulateContract, EventsBeyondTheLastPaneAreParkedAndTakenLater) {
  make(full_layout());
  EventBatch batch;
  batch.add(5, {1, 0}, 1, 1);
  batch.add(20, {2, 0}, 2, 2);
  batch.add(19, {3, 0}, 3, 1);
  batch.add(1000, {2, 0}, 4, 2);

  const BatchReport first = offer(batch, Limits::tumbling(10, 0, 2).limits);

  EXPECT_EQ(first.accepted, 2u);
  EXPECT_EQ(first.parked, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_FALSE(first.out_of_memory);
  EXPECT_EQ(first.maxima.size(), 2u) << "parked events move the maxima at once";
  EXPECT_EQ(first.first_seen.size(), 2u) << "no key slot for a parked event";

  const BatchReport second = offer(batch, Limits::tumbling(10, 1, 2, 1).limits, first.parked);

  EXPECT_EQ(second.accepted, 1u);
  EXPECT_EQ(second.parked, std::vector<std::uint32_t>{3});
  EXPECT_TRUE(second.maxima.empty()) << "and are not counted again";
  ASSERT_EQ(second.first_seen.size(), 1u);
  EXPECT_EQ(second.first_seen[0].event, 1u);
  EXPECT_EQ(rows(2), (Rows{{{2, 0}, {1, 0, 2, 2, 2}}}));
}

TEST_P(AccumulateContract, EventsInClosedPanesAreListedAsCorrections) {
  make(full_layout());
  Limits limits = Limits::tumbling(10, 0, 8);
  limits.limits.grids[0].corrected_before = 2;
  limits.limits.untouched_from = 20;
  EventBatch batch;
  batch.add(15, {1, 0});
  batch.add(5, {2, 0});
  batch.add(12, {1, 0});
  batch.add(25, {3, 0});
  batch.add(11, {2, 0});

  const BatchReport report = offer(batch, limits.limits);

  std::vector<Correction> expected{
      {0, 0, slot_of({2, 0})}, {0, 1, slot_of({1, 0})}, {0, 1, slot_of({2, 0})}};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(report.corrections, expected);
  EXPECT_EQ(report.accepted, 5u);
}

TEST_P(AccumulateContract, AnEventIsAddedToEveryGridThatTakesIt) {
  make(full_layout());
  Limits limits;
  limits.add_grid({10, 10, 0}, 10, 0, 10, 0);
  limits.add_grid({1000, 1000, 0}, 1000, 0, 2, 20);
  limits.limits.windows[0].live_from = 10;
  limits.limits.windows[0].refused_before = 10;
  limits.limits.grids[0].first_pane = 1;
  limits.limits.untouched_from = 10;
  EventBatch batch;
  batch.add(5, {1, 0}, 1);  // passed in the first grid
  batch.add(15, {1, 0}, 2);
  batch.add(110, {1, 0}, 4);  // beyond the first grid's panes: parked altogether

  const BatchReport report = offer(batch, limits.limits);

  EXPECT_EQ(report.accepted, 2u);
  EXPECT_EQ(report.parked, std::vector<std::uint32_t>{2});
  EXPECT_EQ(report.refused, (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(rows(0), (Rows{{{1, 0}, {1, 0, 2, 2, 2}}}));
  EXPECT_EQ(rows(20), (Rows{{{1, 0}, {2, 0, 3, 1, 2}}}));
}

TEST_P(AccumulateContract, ATicketMayBeAccumulatedTwice) {
  make(full_layout());
  EventBatch batch;
  batch.add(1, {1, 0}, 10);
  batch.add(2, {2, 0}, 20);
  batch.add(12, {1, 0}, 30);
  const Limits panes = Limits::tumbling(10, 0, 2);
  const Ticket ticket = backend_->stage(batch.columns());
  const BatchReport first = backend_->accumulate(ticket, panes.limits, {});
  for (const FirstSeenKey& key : first.first_seen) {
    keys_[key.slot] = {batch.low[key.event], batch.high[key.event]};
  }

  const BatchReport second = backend_->accumulate(ticket, panes.limits, {});
  backend_->release(ticket);

  EXPECT_EQ(first.accepted, 3u);
  EXPECT_EQ(second.accepted, 3u);
  EXPECT_TRUE(second.first_seen.empty());
  EXPECT_EQ(rows(0)[(Key{1, 0})].count, 2u);
  EXPECT_EQ(rows(0)[(Key{2, 0})].sum, 40);
  EXPECT_EQ(rows(1)[(Key{1, 0})].sum, 60);
}

TEST_P(AccumulateContract, WhatMemoryCannotHoldIsParkedAndTakenWhenThereIsRoom) {
  BackendShape shape = small_shape(full_layout());
  shape.max_state_bytes = std::size_t{6} << 20;
  make(shape);
  EventBatch batch;
  std::mt19937_64 random(11);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    batch.add(static_cast<EventTime>(random() % 20'000), {random() % 3000, 0},
              static_cast<std::int64_t>(i));
  }
  const Limits limits = Limits::tumbling(10, 0, 2000);

  std::vector<ColumnStep> drop_all;
  for (ColumnIndex column = 0; column < 2000; ++column) {
    drop_all.push_back({ColumnStep::Kind::drop, column, no_column, 0});
  }

  BatchReport report = offer(batch, limits.limits);

  EXPECT_TRUE(report.out_of_memory);
  EXPECT_FALSE(report.parked.empty());
  EXPECT_LE(backend_->status().state_bytes, shape.max_state_bytes);
  const auto expected = expected_rows(batch, 10, [&](std::uint32_t event) {
    return !std::binary_search(report.parked.begin(), report.parked.end(), event);
  });
  for (ColumnIndex column = 0; column < 2000; ++column) {
    const auto found = expected.find(column);
    ASSERT_EQ(rows(column), found == expected.end() ? Rows{} : found->second);
  }
  EXPECT_EQ(report.opened.size(), expected.size());
  std::uint64_t accepted = report.accepted;
  while (!report.parked.empty()) {
    const std::vector<std::uint32_t> parked = report.parked;
    backend_->run(drop_all, {}, {});
    report = offer(batch, limits.limits, parked);
    ASSERT_GT(report.accepted, 0u) << "room was made, yet nothing was taken";
    accepted += report.accepted;
  }
  EXPECT_EQ(accepted, batch.size());
}

TEST_P(AccumulateContract, NullsAndOverflowsAreCountedExactly) {
  make(full_layout());
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EventBatch batch;
  Row expected;
  for (int i = 0; i < 100; ++i) {
    std::optional<std::int64_t> value;
    if (i % 3 == 0) value = huge;
    if (i % 7 == 1) value = -5;
    expected.add(value);
    batch.add(1, {1, 0}, value);
  }
  Row negative;
  for (int i = 0; i < 50; ++i) {
    negative.add(std::numeric_limits<std::int64_t>::min());
    batch.add(1, {2, 0}, std::numeric_limits<std::int64_t>::min());
  }

  offer(batch, Limits::tumbling(10, 0, 1).limits);

  EXPECT_EQ(rows(0), (Rows{{{1, 0}, expected}, {{2, 0}, negative}}));
}

TEST_P(AccumulateContract, StatisticsNameTheStagesAndCountTheEvents) {
  make(full_layout());
  EventBatch batch;
  for (std::uint32_t i = 0; i < 100; ++i) batch.add(1, {i, 0}, 1);

  offer(batch, Limits::tumbling(10, 0, 1).limits);

  std::map<std::string, KernelStatistics> found;
  for (const KernelStatistics& kernel : backend_->status().kernels) {
    found[std::string(kernel.name)] = kernel;
  }
  for (const char* const name : {"judge", "resolve_keys", "accumulate", "close"}) {
    ASSERT_TRUE(found.contains(name)) << name;
  }
  EXPECT_GE(found["accumulate"].launches, 1u);
  EXPECT_LE(found["accumulate"].timed_launches, found["accumulate"].launches);
  EXPECT_EQ(found["close"].launches, 0u);
}

}  // namespace
}  // namespace sluice::contract
