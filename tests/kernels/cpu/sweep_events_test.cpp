/// The sweep and its paths, seen through the backend: whatever way events take, the rows are the
/// same.

#include "kernels/cpu/sweep_events.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cpu/cpu_backend.hpp"
#include "tests/kernels/backend_contract.hpp"

namespace sluice::cpu {
namespace {

using contract::EventBatch;
using contract::Key;
using contract::Limits;
using contract::Row;
using contract::Rows;

constexpr AccumulatePath forced_paths[] = {
    AccumulatePath::private_tables, AccumulatePath::shared_table, AccumulatePath::partitioned};

RowLayout plain_layout() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  return lay_out_row(needs);
}

/// A batch's columns in 4 bytes each, where they fit.
class NarrowColumns {
 public:
  NarrowColumns(const EventBatch& batch, bool values) : columns(batch.columns()) {
    const EventTime base = *std::min_element(batch.time.begin(), batch.time.end());
    for (const EventTime time : batch.time) {
      times_.push_back(static_cast<std::uint32_t>(time - base));
    }
    columns.time = {nullptr, times_.data(), base};
    if (columns.key.high == nullptr) {
      keys_.assign(batch.low.begin(), batch.low.end());
      columns.key = {nullptr, nullptr, keys_.data()};
    }
    if (!values) return;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      values_.push_back(static_cast<std::int32_t>(batch.value(i).value_or(-77)));
    }
    columns.values[0].bits = nullptr;
    columns.values[0].narrow = values_.data();
  }

  EventColumns columns;

 private:
  std::vector<std::uint32_t> times_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::int32_t> values_;
};

std::map<ColumnIndex, Rows> content(CpuBackend& backend, const RowLayout& layout) {
  const StateImage image = backend.save();
  std::map<KeySlot, Key> keys;
  for (const StateImage::Key& key : image.keys) keys[key.slot] = {key.low, key.high};
  std::map<ColumnIndex, Rows> rows;
  for (const StateImage::Column& column : image.columns) {
    for (std::size_t r = 0; r < column.rows.size(); ++r) {
      rows[column.column][keys.at(column.rows.slots[r])] =
          contract::read_row(layout, column.rows.words.data() + r * layout.words());
    }
  }
  return rows;
}

void add_to(std::map<ColumnIndex, Rows>& sums, const EventBatch& batch, Milliseconds length,
            ColumnIndex base = 0) {
  for (const auto& [pane, rows] : contract::expected_rows(batch, length)) {
    for (const auto& [key, row] : rows) {
      Row& sum = sums[base + static_cast<ColumnIndex>(pane)][key];
      sum.count += row.count;
      sum.nulls += row.nulls;
      sum.sum += row.sum;
      sum.minimum = std::min(sum.minimum, row.minimum);
      sum.maximum = std::max(sum.maximum, row.maximum);
    }
  }
}

/// What a test feeds, and how it looks at the same events.
struct Form {
  AccumulatePath path;
  unsigned threads;
  bool narrow;
};

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const AccumulatePath path : forced_paths) {
    for (const unsigned threads : {1u, 2u, 3u}) {
      for (const bool narrow : {false, true}) all.push_back({path, threads, narrow});
    }
  }
  return all;
}

std::string describe(const Form& form) {
  return "path " + std::to_string(static_cast<int>(form.path)) + ", " +
         std::to_string(form.threads) + " threads" + (form.narrow ? ", narrow" : "");
}

BackendShape shape_of(const Form& form, const RowLayout& layout) {
  BackendShape shape = contract::small_shape(layout);
  shape.path = form.path;
  shape.threads = form.threads;
  return shape;
}

BatchReport offer(CpuBackend& backend, const EventBatch& batch, const BatchLimits& limits,
                  bool narrow, bool narrow_values = true) {
  const NarrowColumns columns(batch, narrow_values);
  const Ticket ticket = backend.stage(narrow ? columns.columns : batch.columns());
  BatchReport report = backend.accumulate(ticket, limits, {});
  backend.release(ticket);
  EXPECT_EQ(report.accepted + report.future + report.in_no_window + report.late + report.keys_full +
                report.parked.size(),
            batch.size());
  return report;
}

struct Load {
  std::string name;
  std::uint64_t keys;
  bool hashed;
  Milliseconds pane;
  bool skewed = false;  ///< half of the events have one key
};

// Sizes around the borders of tiles; keys that are few, many, small and hashed; one pane, some, and
// thousands. New keys come with each batch.
TEST(EventSweep, EveryPathGivesTheSameRows) {
  const Load loads[] = {{"few keys, one pane", 50, false, 1'000'000},
                        {"few keys, thousands of panes", 5, false, 20},
                        {"hundreds of keys, some panes", 700, false, 4'000},
                        {"many keys, few panes", 20'000, false, 30'000},
                        {"many keys, half of the events on one", 3'000, false, 30'000, true},
                        {"hashed keys, some panes", 900, true, 9'000}};
  constexpr std::size_t tile = EventSweep::tile_events;
  for (const Load& load : loads) {
    std::mt19937_64 random(61);
    std::vector<EventBatch> batches;
    std::map<ColumnIndex, Rows> expected;
    for (const std::size_t size : {std::size_t{1}, tile - 1, tile, tile + 1, 9 * tile + 5,
                                   9 * tile + 6, std::size_t{20'000}}) {
      EventBatch batch;
      for (std::size_t i = 0; i < size; ++i) {
        std::uint64_t number = random() % (load.keys * (batches.size() + 2) / 8 + 1);
        if (load.skewed && random() % 2 == 0) number = 7;
        const Key key =
            load.hashed ? Key{number * 0x9e37'79b9'7f4a'7c15u, ~number} : Key{number, 0};
        batch.add(static_cast<EventTime>(i + random() % 500), key,
                  static_cast<std::int32_t>(random()), static_cast<PartitionIndex>(i / 3000));
      }
      add_to(expected, batch, load.pane);
      batches.push_back(std::move(batch));
    }
    for (const Form& form : forms()) {
      SCOPED_TRACE(load.name + ", " + describe(form) + ", seed 61");
      for (const RowLayout& layout : {plain_layout(), contract::full_layout()}) {
        // Both have the same loops for wide columns.
        if (!form.narrow && layout.cold_words == 2) continue;
        CpuBackend backend(shape_of(form, layout));
        const Limits limits = Limits::tumbling(load.pane, 0, 20'000);
        for (const EventBatch& batch : batches) {
          ASSERT_EQ(offer(backend, batch, limits.limits, form.narrow).accepted, batch.size());
        }
        ASSERT_TRUE(content(backend, layout) == expected);
        ASSERT_EQ(backend.status().columns, expected.size());
      }
    }
  }
}

TEST(EventSweep, WhatIsNotPlainIsJudgedOneByOne) {
  std::mt19937_64 random(62);
  const auto key = [&] { return Key{random() % 60, 0}; };
  EventBatch first;
  EventBatch second;
  for (std::size_t i = 0; i < 30'000; ++i) first.add(1000, key(), 1);
  for (std::size_t i = 0; i < 30'000; ++i) {
    EventTime time = static_cast<EventTime>(1500 + random() % 500);
    if (i % 10'000 == 17) time = 3;       // late
    if (i % 10'000 == 18) time = 50'000;  // future
    if (i % 10'000 == 19) time = 1010;    // in a pane that was taken into a window
    if (i % 10'000 == 20) time = 9'999;   // beyond the last pane
    second.add(time, i % 100 == 3 ? Key{60 + i, 0} : key(), 2, static_cast<PartitionIndex>(i % 2));
  }
  Limits limits = Limits::tumbling(100, 10, 80);
  Limits later = Limits::tumbling(100, 10, 80);
  later.limits.windows[0].live_from = 1000;
  later.limits.windows[0].refused_before = 1000;
  later.limits.grids[0].corrected_before = 11;
  later.limits.untouched_from = 1100;
  later.limits.future_after = 20'000;
  std::map<ColumnIndex, Rows> expected;
  for (std::size_t k = 0; k < first.size(); ++k) expected[0][{first.low[k], 0}].add(1);
  for (std::size_t k = 0; k < second.size(); ++k) {
    const EventTime time = second.time[k];
    if (time < 1000 || time > 9000) continue;
    expected[static_cast<ColumnIndex>(time / 100 - 10)][{second.low[k], 0}].add(2);
  }
  for (const Form& form : forms()) {
    SCOPED_TRACE(describe(form) + ", seed 62");
    CpuBackend backend(shape_of(form, plain_layout()));
    offer(backend, first, limits.limits, form.narrow);

    const BatchReport report = offer(backend, second, later.limits, form.narrow);

    EXPECT_EQ(report.late, 3u);
    EXPECT_EQ(report.future, 3u);
    EXPECT_EQ(report.parked.size(), 3u);
    EXPECT_GE(report.corrections.size(), 1u);
    EXPECT_LE(report.corrections.size(), 3u);
    EXPECT_EQ(report.first_seen.size(), 300u);
    ASSERT_EQ(report.maxima.size(), 2u);
    EXPECT_EQ(report.maxima[0].time, 9'999) << "parked events count";
    EXPECT_EQ(report.opened.size(), 5u) << "panes 1500, 1600, ..., 1900";
    EXPECT_TRUE(content(backend, plain_layout()) == expected);
  }
}

TEST(EventSweep, AnEventIsAddedToEveryGrid) {
  std::mt19937_64 random(63);
  EventBatch batch;
  for (std::size_t i = 0; i < 40'000; ++i) {
    batch.add(static_cast<EventTime>(i / 4), {random() % 300, 0}, static_cast<int>(random() % 9));
  }
  std::map<ColumnIndex, Rows> expected;
  for (int twice = 0; twice < 2; ++twice) {
    add_to(expected, batch, 10);
    add_to(expected, batch, 5'000, 5'000);
  }
  for (const Form& form : forms()) {
    SCOPED_TRACE(describe(form) + ", seed 63");
    CpuBackend backend(shape_of(form, plain_layout()));
    Limits limits;
    limits.add_grid({10, 10, 0}, 10, 0, 2'000, 0);
    limits.add_grid({5'000, 5'000, 0}, 5'000, 0, 4, 5'000);

    for (int twice = 0; twice < 2; ++twice) {
      ASSERT_EQ(offer(backend, batch, limits.limits, form.narrow).accepted, batch.size());
    }

    EXPECT_TRUE(content(backend, plain_layout()) == expected);
  }
}

TEST(EventSweep, SumsThatOverflowAreExact) {
  EventBatch batch;
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  std::mt19937_64 random(64);
  for (std::size_t i = 0; i < 40'000; ++i) {
    batch.add(5, {random() % 20, 0}, random() % 3 == 0 ? -huge - 1 : huge - 7);
  }
  std::map<ColumnIndex, Rows> expected;
  for (int times = 0; times < 3; ++times) add_to(expected, batch, 10);
  for (const Form& form : forms()) {
    SCOPED_TRACE(describe(form) + ", seed 64");
    CpuBackend backend(shape_of(form, plain_layout()));
    for (int times = 0; times < 3; ++times) {
      offer(backend, batch, Limits::tumbling(10, 0, 1).limits, form.narrow, false);
    }
    EXPECT_TRUE(content(backend, plain_layout()) == expected);
  }
}

TEST(EventSweep, OverflowsAndNullsOfAHotKeyAreExact) {
  std::mt19937_64 random(67);
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EventBatch whole;
  EventBatch with_nulls;
  for (std::size_t i = 0; i < 20'000; ++i) {
    const Key key{random() % 2 == 0 ? 5 : random() % 2000, 0};
    whole.add(5, key, random() % 3 == 0 ? -huge - 1 : huge - 7);
    std::optional<std::int64_t> value = static_cast<std::int64_t>(random());
    if (random() % 4 == 0) value.reset();
    with_nulls.add(5, key, value);
  }
  std::map<ColumnIndex, Rows> expected;
  for (int times = 0; times < 2; ++times) {
    add_to(expected, whole, 10);
    add_to(expected, with_nulls, 10);
  }
  for (const Form& form : forms()) {
    SCOPED_TRACE(describe(form) + ", seed 67");
    CpuBackend backend(shape_of(form, contract::full_layout()));
    for (int times = 0; times < 2; ++times) {
      offer(backend, whole, Limits::tumbling(10, 0, 1).limits, form.narrow, false);
      offer(backend, with_nulls, Limits::tumbling(10, 0, 1).limits, form.narrow, false);
    }
    EXPECT_TRUE(content(backend, contract::full_layout()) == expected);
  }
}

TEST(EventSweep, ThePathFollowsTheNumberOfGroups) {
  BackendShape shape = contract::small_shape(plain_layout());
  shape.threads = 2;
  CpuBackend backend(shape);
  std::mt19937_64 random(65);
  const auto batch_of = [&](std::uint64_t keys) {
    EventBatch batch;
    for (std::size_t i = 0; i < 60'000; ++i) batch.add(5, {random() % keys, 0}, 1);
    return batch;
  };
  EXPECT_EQ(backend.status().path, AccumulatePath::automatic);
  const Limits kept = Limits::tumbling(10, 0, 1);
  for (int k = 0; k < 8; ++k) offer(backend, batch_of(100), kept.limits, true);
  EXPECT_EQ(backend.status().path, AccumulatePath::private_tables);
  EXPECT_EQ(backend.status().path_switches, 0u);

  offer(backend, batch_of(50'000), kept.limits, true);
  offer(backend, batch_of(50'000), kept.limits, true);
  EXPECT_EQ(backend.status().path, AccumulatePath::private_tables) << "one batch changes nothing";
  for (int k = 0; k < 8; ++k) offer(backend, batch_of(50'000), kept.limits, true);

  EXPECT_EQ(backend.status().path, AccumulatePath::partitioned);
  EXPECT_EQ(backend.status().path_switches, 1u);
}

TEST(EventSweep, ClosingFindsTheMemoryThatWasLeftForIt) {
  constexpr ColumnIndex panes = 400;
  constexpr std::uint32_t closing = 20;
  std::mt19937_64 random(66);
  EventBatch batch;
  for (std::size_t i = 0; i < 60'000; ++i) {
    batch.add(static_cast<EventTime>(i % 4000), {random() % 3000, 0}, 1);
  }
  for (const Form& form : forms()) {
    SCOPED_TRACE(describe(form) + ", seed 66");
    BackendShape shape = shape_of(form, plain_layout());
    shape.max_state_bytes = std::size_t{8} << 20;
    CpuBackend backend(shape);
    Limits limits = Limits::tumbling(10, 0, panes);
    limits.limits.closing_columns = closing;

    const BatchReport report = offer(backend, batch, limits.limits, form.narrow);

    EXPECT_TRUE(report.out_of_memory);
    EXPECT_FALSE(report.parked.empty());
    EXPECT_GT(report.accepted, 0u);
    std::vector<ColumnStep> steps;
    for (std::uint32_t k = 0; k < closing; ++k) {
      for (const ColumnIndex column : report.opened) {
        steps.push_back({ColumnStep::Kind::combine, panes + k, column, 0});
      }
    }
    EXPECT_NO_THROW(
        static_cast<Backend&>(backend).run(StepProgram(steps), {}, std::span<WindowRows>{}));
  }
}

}  // namespace
}  // namespace sluice::cpu
