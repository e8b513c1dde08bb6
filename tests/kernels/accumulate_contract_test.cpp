#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {
namespace {

class AccumulateContract : public BackendContract {};

INSTANTIATE_TEST_SUITE_P(Backends, AccumulateContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

std::uint64_t wide(std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15u + 1; }

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

TEST_P(AccumulateContract, AKeyIsReportedWhenFirstSeen) {
  make(full_layout());
  EventBatch batch;
  for (const std::uint64_t key : {5u, 6u, 5u, 7u, 6u, 5u}) batch.add(1, {key, 0});

  const BatchReport first = offer(batch, Limits::tumbling(10, 0, 1).limits);
  const BatchReport again = offer(batch, Limits::tumbling(10, 0, 1).limits);

  std::vector<std::uint32_t> events;
  for (const FirstSeenKey& seen : first.first_seen) events.push_back(seen.event);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(keys_.size(), 3u) << "three slots";
  std::vector<std::uint64_t> named;
  for (const std::uint32_t event : events) named.push_back(batch.low[event]);
  std::sort(named.begin(), named.end());
  EXPECT_EQ(named, (std::vector<std::uint64_t>{5, 6, 7}));
  EXPECT_TRUE(again.first_seen.empty());
  EXPECT_TRUE(again.opened.empty());
  EXPECT_EQ(backend_->status().keys, 3u);
  EXPECT_EQ(backend_->status().columns, 1u);
}

TEST_P(AccumulateContract, KeysThatShareAHalfAreDifferentKeys) {
  make(full_layout());
  EventBatch batch;
  std::vector<Key> keys{{1, 0},     {1, 1},         {0, 1},          {0, 0},         {~0ull, 0},
                        {0, ~0ull}, {~0ull, ~0ull}, {1ull << 40, 0}, {1ull << 40, 1}};
  for (std::size_t k = 0; k < keys.size(); ++k) {
    for (std::size_t n = 0; n <= k; ++n) batch.add(1, keys[k], static_cast<std::int64_t>(k));
  }

  offer(batch, Limits::tumbling(10, 0, 1).limits);

  const Rows found = rows(0);
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(found.at(keys[k]).count, k + 1);
}

TEST_P(AccumulateContract, NewKeysAreRefusedWhenAllSlotsAreUsed) {
  BackendShape shape = small_shape(full_layout());
  shape.max_keys = 3;
  make(shape);
  EventBatch batch;
  for (const std::uint64_t key : {1u, 2u, 3u, 4u, 1u, 5u, 2u}) batch.add(1, {wide(key), 9}, 10);

  const BatchReport report = offer(batch, Limits::tumbling(10, 0, 1).limits);

  EXPECT_EQ(report.first_seen.size(), 3u);
  EXPECT_EQ(report.accepted + report.keys_full, 7u);
  EXPECT_GE(report.keys_full, 2u);
  EXPECT_FALSE(report.out_of_memory);
  EXPECT_EQ(rows(0).size(), 3u);
  std::uint64_t events = 0;
  for (const auto& [key, row] : rows(0)) events += row.count;
  EXPECT_EQ(events, report.accepted);
}

TEST_P(AccumulateContract, SlotsWithoutRowsAreGivenToNewKeys) {
  BackendShape shape = small_shape(full_layout());
  shape.max_keys = 2000;
  make(shape);
  std::mt19937_64 random(7);
  for (std::uint32_t round = 0; round < 30; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    EventBatch batch;
    const EventTime start = round * 10;
    for (std::uint32_t i = 0; i < 3000; ++i) {
      const std::uint64_t key = round * 900ull + random() % 1000;
      batch.add(start + static_cast<EventTime>(random() % 10),
                {round % 2 == 0 ? key : wide(key), 0}, static_cast<std::int64_t>(i));
    }
    const ColumnIndex column = round % 2;

    const BatchReport report =
        offer(batch, Limits::tumbling(10, static_cast<PaneIndex>(round), 1, column).limits);

    ASSERT_EQ(report.keys_full, 0u);
    ASSERT_EQ(rows(column), expected_rows(batch, 10).at(static_cast<PaneIndex>(round)));
    run({{ColumnStep::Kind::drop, 1 - column, no_column, 0}});
  }
  EXPECT_LE(backend_->status().keys, 2000u);
}

TEST_P(AccumulateContract, ASlotWhoseRowLivesIsNeverGivenAway) {
  BackendShape shape = small_shape(invertible_layout());
  shape.max_keys = 100;
  make(shape);
  EventBatch batch;
  for (std::uint64_t key = 0; key < 100; ++key) batch.add(1, {key, 0}, 1);
  offer(batch, Limits::tumbling(10, 0, 1, 0).limits);
  EventBatch keep;
  for (std::uint64_t key = 0; key < 50; ++key) keep.add(11, {key, 0}, 2);
  offer(keep, Limits::tumbling(10, 1, 1, 1).limits);
  run({{ColumnStep::Kind::drop, 0, no_column, 0}});
  EventBatch fresh;
  for (std::uint64_t key = 200; key < 260; ++key) fresh.add(12, {key, 0}, 3);

  const BatchReport report = offer(fresh, Limits::tumbling(10, 1, 1, 1).limits);

  EXPECT_EQ(report.keys_full, 10u);
  const Rows found = rows(1);
  ASSERT_EQ(found.size(), 100u);
  for (std::uint64_t key = 0; key < 50; ++key) EXPECT_EQ(found.at({key, 0}).sum, 2);
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

struct Load {
  std::string name;
  std::function<Key(std::mt19937_64&, std::size_t)> key;
};

std::vector<Load> loads() {
  return {{"one key",
           [](std::mt19937_64&, std::size_t) {
             return Key{3, 0};
           }},
          {"few keys",
           [](std::mt19937_64& r, std::size_t) {
             return Key{r() % 100, 0};
           }},
          {"skewed keys",
           [](std::mt19937_64& r, std::size_t) {
             const double u = static_cast<double>(r() >> 11) * 0x1p-53;
             return Key{static_cast<std::uint64_t>(std::pow(50'000.0, u)), 0};
           }},
          {"many hashed keys",
           [](std::mt19937_64& r, std::size_t) {
             const std::uint64_t key = wide(r() % 60'000);
             return Key{key, key ^ (std::uint64_t{1} << 63)};
           }},
          {"all distinct", [](std::mt19937_64&, std::size_t i) {
             return Key{i, 0};
           }}};
}

TEST_P(AccumulateContract, RowsAreRightForEverySizeAndDistributionOfKeys) {
  for (const Load& load : loads()) {
    make(full_layout());
    std::mt19937_64 random(42);
    std::map<PaneIndex, Rows> expected;
    for (const std::size_t size : {1u, 31u, 33u, 257u, 4096u, 65'537u}) {
      SCOPED_TRACE(load.name + ", seed 42, size " + std::to_string(size));
      EventBatch batch;
      for (std::size_t i = 0; i < size; ++i) {
        const auto time = static_cast<EventTime>(size == 4096 ? random() % 90 : 30 + i / 30'000);
        std::optional<std::int64_t> value = static_cast<std::int64_t>(random());
        if (size == 257 && i % 5 == 0) value.reset();
        batch.add(time, load.key(random, i), value, static_cast<PartitionIndex>(i / 9 % 3));
      }
      const BatchReport report = offer(batch, Limits::tumbling(10, 0, 10).limits);
      ASSERT_EQ(report.accepted, size);
      for (const auto& [pane, found] : expected_rows(batch, 10)) {
        for (const auto& [key, row] : found) {
          Row& sum = expected[pane][key];
          sum.count += row.count;
          sum.nulls += row.nulls;
          sum.sum += row.sum;
          sum.minimum = std::min(sum.minimum, row.minimum);
          sum.maximum = std::max(sum.maximum, row.maximum);
        }
      }
    }
    for (const auto& [pane, found] : expected) {
      ASSERT_TRUE(rows(static_cast<ColumnIndex>(pane)) == found)
          << load.name << ", seed 42, pane " << pane;
    }
  }
}

TEST_P(AccumulateContract, TheOrderInsideABatchDoesNotMatter) {
  std::mt19937_64 random(5);
  EventBatch batch;
  for (std::uint32_t i = 0; i < 40'000; ++i) {
    batch.add(static_cast<EventTime>(random() % 300), {wide(random() % 5000), 1},
              static_cast<std::int64_t>(random()));
  }
  const std::map<PaneIndex, Rows> expected = expected_rows(batch, 100);
  for (const std::uint32_t seed : {1u, 2u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    make(full_layout());

    offer(batch.shuffled(seed), Limits::tumbling(100, 0, 3).limits);

    for (ColumnIndex column = 0; column < 3; ++column) {
      ASSERT_TRUE(rows(column) == expected.at(column));
    }
  }
}

TEST_P(AccumulateContract, ThePanesOfABatchMayBeThousands) {
  make(full_layout());
  EventBatch batch;
  std::mt19937_64 random(3);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    batch.add(static_cast<EventTime>(random() % 3000), {random() % 600, 0}, i);
  }

  const BatchReport report = offer(batch, Limits::tumbling(1, 0, 3000).limits);

  EXPECT_EQ(report.accepted, 20'000u);
  EXPECT_EQ(report.opened.size(), backend_->status().columns);
  const std::map<PaneIndex, Rows> expected = expected_rows(batch, 1);
  for (ColumnIndex column = 0; column < 3000; column += 7) {
    const auto found = expected.find(column);
    ASSERT_EQ(rows(column), found == expected.end() ? Rows{} : found->second);
  }
}

TEST_P(AccumulateContract, TheDirectoryGrowsInBothDirections) {
  make(full_layout());
  std::map<ColumnIndex, Rows> expected;
  std::uint64_t next_key = 0;
  for (const ColumnIndex column : {0u, 3u, 40u, 5u, 700u, 1u}) {
    EventBatch batch;
    for (std::uint32_t i = 0; i < 3000; ++i) batch.add(1, {next_key++ % 12'000, 0}, i);
    offer(batch, Limits::tumbling(10, 0, 1, column).limits);
    expected[column] = expected_rows(batch, 10).at(0);
  }

  for (const auto& [column, found] : expected) EXPECT_TRUE(rows(column) == found) << column;
}

TEST_P(AccumulateContract, TheDictionaryGrowsWhileKeysKeepComing) {
  make(full_layout());
  const std::size_t first_capacity = backend_->status().key_capacity;
  std::uint64_t key = 0;
  for (int round = 0; round < 4; ++round) {
    EventBatch batch;
    for (std::uint32_t i = 0; i < 20'000; ++i) batch.add(1, {wide(key++), key}, 1);
    const BatchReport report = offer(batch, Limits::tumbling(10, 0, 1).limits);
    ASSERT_EQ(report.first_seen.size(), 20'000u);
  }

  const BackendStatus status = backend_->status();
  EXPECT_EQ(status.keys, 80'000u);
  EXPECT_GE(status.key_capacity, 80'000u);
  EXPECT_GT(status.key_capacity, first_capacity);
  EXPECT_GT(status.rehashes, 0u);
  EXPECT_GT(status.state_bytes, 80'000u * 32);
  const Rows found = rows(0);
  ASSERT_EQ(found.size(), 80'000u);
  for (const auto& [name, row] : found) ASSERT_EQ(row, (Row{1, 0, 1, 1, 1}));
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
