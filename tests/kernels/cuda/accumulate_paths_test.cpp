#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include <gmock/gmock.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "tests/kernels/backend_contract.hpp"

// What the plain pass must do on each of its paths, beside the contract of every backend: narrow
// and wide columns, the row forms that kernels are specialised for, hot keys, and events that it
// has to leave to the exact rounds.
namespace sluice::cuda {
namespace {

using contract::EventBatch;
using contract::Key;
using contract::Limits;

constexpr AccumulatePath paths[] = {AccumulatePath::private_tables, AccumulatePath::shared_table,
                                    AccumulatePath::partitioned};

/// A batch's columns, narrow where they fit.
class NarrowColumns {
 public:
  explicit NarrowColumns(const EventBatch& batch) : columns_(batch.columns()) {
    const std::size_t size = batch.size();
    const auto [first, last] = std::minmax_element(batch.time.begin(), batch.time.end());
    columns_.time.base = *first;
    for (std::size_t i = 0; i < size; ++i) {
      time_.push_back(static_cast<std::uint32_t>(batch.time[i] - *first));
      key_.push_back(static_cast<std::uint32_t>(batch.low[i]));
    }
    columns_.time.wide = nullptr;
    columns_.time.narrow = time_.data();
    if (columns_.key.high == nullptr) columns_.key = {nullptr, nullptr, key_.data()};
    for (std::uint32_t v = 0; v < columns_.value_count; ++v) {
      ValueColumn& column = columns_.values[v];
      for (std::size_t i = 0; i < size; ++i) {
        value_[v].push_back(static_cast<std::int32_t>(column.bits[i]));
      }
      const auto fits = [&](std::size_t i) { return value_[v][i] == column.bits[i]; };
      bool all_fit = true;
      for (std::size_t i = 0; i < size; ++i) all_fit = all_fit && fits(i);
      if (all_fit) column = {nullptr, column.valid, value_[v].data()};
    }
  }
  const EventColumns& columns() const { return columns_; }

 private:
  EventColumns columns_;
  std::vector<std::uint32_t> time_;
  std::vector<std::uint32_t> key_;
  std::vector<std::int32_t> value_[max_values];
};

/// Rows by column and key.
using State = std::map<ColumnIndex, std::map<Key, std::vector<std::uint64_t>>>;

/// A backend and the names of its slots.
class Fed {
 public:
  Fed(BackendShape shape, AccumulatePath path) : layout_(shape.layout) {
    shape.path = path;
    backend_ = make_backend(shape);
  }

  Backend& operator*() { return *backend_; }
  Backend* operator->() { return backend_.get(); }

  BatchReport offer(const EventBatch& batch, const EventColumns& columns, const BatchLimits& limits,
                    std::span<const std::uint32_t> only = {}) {
    const Ticket ticket = backend_->stage(columns);
    const BatchReport report = backend_->accumulate(ticket, limits, only);
    backend_->release(ticket);
    for (const FirstSeenKey& seen : report.first_seen) {
      keys_[seen.slot] = {batch.low[seen.event], batch.high[seen.event]};
    }
    return report;
  }
  /// Without the plain pass: every event goes through the exact rounds.
  BatchReport offer_to_rounds(const EventBatch& batch, const BatchLimits& limits) {
    std::vector<std::uint32_t> all(batch.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    return offer(batch, batch.columns(), limits, all);
  }

  State state(ColumnIndex columns) {
    std::vector<ColumnStep> steps;
    for (ColumnIndex c = 0; c < columns; ++c) {
      steps.push_back({.kind = ColumnStep::Kind::emit, .target = c, .output = c});
    }
    std::vector<WindowRows> rows(columns);
    backend_->run(steps, {}, rows);
    State state;
    for (ColumnIndex c = 0; c < columns; ++c) {
      for (std::size_t r = 0; r < rows[c].size(); ++r) {
        const std::uint64_t* const words = rows[c].words.data() + r * layout_.words();
        state[c][keys_.at(rows[c].slots[r])] = {words, words + layout_.words()};
      }
    }
    return state;
  }

 private:
  RowLayout layout_;
  std::unique_ptr<Backend> backend_;
  std::map<KeySlot, Key> keys_;
};

RowLayout layout_of(std::vector<AccumulatorNeed> needs) { return lay_out_row(needs); }

/// The forms that kernels are specialised for, and one that they are not.
std::vector<std::pair<std::string, RowLayout>> layouts() {
  using K = AccumulatorKind;
  return {
      {"count", layout_of({})},
      {"count of a column", layout_of({{K::nulls, 0}})},
      {"sum", layout_of({{K::nulls, 0}, {K::sum_integer, 0}})},
      {"sum and extremes",
       layout_of({{K::maximum, 0}, {K::sum_integer, 0}, {K::minimum, 0}, {K::nulls, 0}})},
      {"sums of two columns", layout_of({{K::sum_integer, 0}, {K::sum_integer, 1}, {K::nulls, 1}})},
      {"everything", layout_of({{K::nulls, 0},
                                {K::sum_integer, 0},
                                {K::sum_squares_integer, 0},
                                {K::minimum, 1, true},
                                {K::maximum, 1, true},
                                {K::sum_double, 1, true},
                                {K::sum_squares_shifted, 1, true},
                                {K::nulls, 1}})}};
}

std::int64_t quarter(std::int64_t number) {
  const double value = 0.25 * static_cast<double>(number);
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Draws keys: a number below 1000 for event i.
struct Spread {
  std::string name;
  std::function<std::uint64_t(std::mt19937_64&, std::uint32_t i)> key;
};

std::vector<Spread> spreads() {
  return {{"one key", [](std::mt19937_64&, std::uint32_t) { return 7u; }},
          {"few keys", [](std::mt19937_64& r, std::uint32_t) { return r() % 3; }},
          {"half on one key",
           [](std::mt19937_64& r, std::uint32_t i) { return i % 2 == 0 ? 500u : r() % 1000; }},
          {"zipf",
           [](std::mt19937_64& r, std::uint32_t) {
             const double u = static_cast<double>(r() >> 11) * 0x1p-53;
             return static_cast<std::uint64_t>(std::pow(1000.0, u)) - 1;
           }},
          {"all distinct", [](std::mt19937_64&, std::uint32_t i) { return i % 1000; }}};
}

constexpr std::uint32_t pane_columns = 6;

EventBatch random_batch(std::mt19937_64& random, const Spread& spread, std::uint32_t size,
                        bool with_nulls = false) {
  EventBatch batch(2);
  for (std::uint32_t i = 0; i < size; ++i) {
    std::optional<std::int64_t> values[] = {
        static_cast<std::int64_t>(random() % 2001) - 1000,
        quarter(static_cast<std::int64_t>(random() % 801) - 400)};
    if (with_nulls && random() % 4 == 0) values[random() % 2].reset();
    batch.add_values(static_cast<EventTime>(random() % (10 * pane_columns)),
                     {spread.key(random, i), 0}, values, static_cast<PartitionIndex>(random() % 3));
  }
  return batch;
}

BackendShape shape_of(const RowLayout& layout) {
  BackendShape shape;
  shape.layout = layout;
  shape.max_batch_events = 10'000;
  shape.max_keys = 5000;
  shape.max_state_bytes = std::size_t{64} << 20;
  return shape;
}

/// The values of a double column do not fit 32 bits, those of an integer column do; a batch whose
/// double column is taken for an integer would be wrong.
EventColumns columns_of(const EventBatch& batch, const NarrowColumns& narrow, bool is_narrow) {
  EventColumns columns = is_narrow ? narrow.columns() : batch.columns();
  columns.values[1] = batch.columns().values[1];
  return columns;
}

class AccumulatePaths : public testing::TestWithParam<AccumulatePath> {};

std::string path_name(const testing::TestParamInfo<AccumulatePath>& tested) {
  const char* const names[] = {"Automatic", "Private", "Shared", "Partitioned"};
  return names[static_cast<int>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(Forced, AccumulatePaths, testing::ValuesIn(paths), path_name);

TEST_P(AccumulatePaths, EveryFormOfRowsAndWidthOfColumnsGivesTheRowsOfTheRounds) {
  const Limits limits = Limits::tumbling(10, 0, pane_columns);
  for (const auto& [name, layout] : layouts()) {
    for (const Spread& spread : spreads()) {
      SCOPED_TRACE(name + ", " + spread.name + ", seed 3");
      std::mt19937_64 random(3);
      Fed tested(shape_of(layout), GetParam());
      Fed reference(shape_of(layout), AccumulatePath::automatic);
      bool is_narrow = false;
      for (const std::uint32_t size : {1u, 31u, 33u, 255u, 256u, 257u, 1025u, 4099u, 1u}) {
        const EventBatch batch = random_batch(random, spread, size, size == 257);
        const NarrowColumns narrow(batch);
        const BatchReport report =
            tested.offer(batch, columns_of(batch, narrow, is_narrow), limits.limits);
        const BatchReport expected = reference.offer_to_rounds(batch, limits.limits);
        ASSERT_EQ(report.accepted, size);
        ASSERT_EQ(report.opened, expected.opened);
        ASSERT_EQ(report.first_seen.size(), expected.first_seen.size());
        is_narrow = !is_narrow;
      }
      ASSERT_EQ(tested.state(pane_columns), reference.state(pane_columns));
    }
  }
}

TEST_P(AccumulatePaths, ThePathThatIsAskedForIsTaken) {
  Fed tested(shape_of(contract::invertible_layout()), GetParam());
  std::mt19937_64 random(5);
  const Limits limits = Limits::tumbling(10, 0, pane_columns);
  for (int i = 0; i < 2; ++i) {
    const EventBatch batch = random_batch(random, spreads()[3], 2000);
    tested.offer(batch, batch.columns(), limits.limits);
  }

  EXPECT_EQ(tested->status().path, GetParam());
  EXPECT_EQ(tested->status().path_switches, 0u);
}

TEST_P(AccumulatePaths, LateFutureAndCorrectedEventsAreJudgedAsInTheRounds) {
  Limits limits = Limits::tumbling(10, 1, pane_columns, 1);
  limits.limits.windows[0].live_from = 10;
  limits.limits.windows[0].refused_before = 10;
  limits.limits.grids[0].corrected_before = 3;
  limits.limits.untouched_from = 30;
  limits.limits.future_after = 65;
  Fed tested(shape_of(contract::full_layout()), GetParam());
  Fed reference(shape_of(contract::full_layout()), AccumulatePath::automatic);
  std::mt19937_64 random(11);
  for (int round = 0; round < 4; ++round) {
    EventBatch batch(2);
    for (std::uint32_t i = 0; i < 700; ++i) {
      const bool odd = random() % 4 == 0;
      const auto time = static_cast<EventTime>(odd ? random() % 100 : 30 + random() % 30);
      const std::optional<std::int64_t> values[] = {i, 0};
      batch.add_values(time, {random() % 50 + 20 * static_cast<std::uint64_t>(round), 0}, values,
                       static_cast<PartitionIndex>(random() % 300));
    }
    const BatchReport report = tested.offer(batch, batch.columns(), limits.limits);
    const BatchReport expected = reference.offer_to_rounds(batch, limits.limits);

    EXPECT_EQ(report.accepted, expected.accepted);
    EXPECT_EQ(report.late_events, expected.late_events);
    EXPECT_EQ(report.future, expected.future);
    EXPECT_EQ(report.parked, expected.parked);
    EXPECT_EQ(report.corrections.size(), expected.corrections.size());
    EXPECT_EQ(report.refused, expected.refused);
    EXPECT_GT(report.late_events.size(), 0u);
    EXPECT_GT(report.future, 0u);
    EXPECT_GT(report.corrections.size(), 0u);
    std::map<PartitionIndex, EventTime> maxima;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch.time[i] > 65) continue;
      const auto [at, is_new] = maxima.emplace(batch.partition[i], batch.time[i]);
      at->second = std::max(at->second, batch.time[i]);
    }
    std::map<PartitionIndex, EventTime> found;
    for (const PartitionMaximum& maximum : report.maxima) {
      EXPECT_TRUE(found.emplace(maximum.partition, maximum.time).second);
    }
    EXPECT_EQ(found, maxima);
  }
  EXPECT_EQ(tested.state(8), reference.state(8));
}

TEST_P(AccumulatePaths, MaximaOfPlainBatchesAreThoseOfTheirPartitions) {
  Fed tested(shape_of(contract::invertible_layout()), GetParam());
  const Limits limits = Limits::tumbling(1000, 0, 2);
  for (const std::uint32_t partitions : {1u, 2u, 255u, 300u}) {
    std::map<PartitionIndex, EventTime> expected;
    EventBatch batch(2);
    const std::optional<std::int64_t> values[] = {1, 0};
    for (std::uint32_t i = 0; i < 3000; ++i) {
      const auto partition = static_cast<PartitionIndex>(i / 5 * 7 % partitions + 2);
      const auto time = static_cast<EventTime>(i * 37 % 1999);
      batch.add_values(time, {i % 10, 0}, values, partition);
      expected[partition] = std::max(expected[partition], time);
    }
    tested.offer(batch, batch.columns(), limits.limits);
    const BatchReport report = tested.offer(batch, batch.columns(), limits.limits);

    std::map<PartitionIndex, EventTime> found;
    for (const PartitionMaximum& maximum : report.maxima) {
      EXPECT_TRUE(found.emplace(maximum.partition, maximum.time).second);
    }
    EXPECT_EQ(found, expected) << partitions << " partitions";
  }
}

TEST_P(AccumulatePaths, SumsThatWrapAreCountedWhateverTheValuesBefore) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const Limits limits = Limits::tumbling(10, 0, 1);
  for (const bool extremes : {false, true}) {
    SCOPED_TRACE(extremes ? "with extremes" : "sum");
    const RowLayout layout = extremes ? contract::full_layout() : contract::invertible_layout();
    Fed tested(shape_of(layout), GetParam());
    Fed reference(shape_of(layout), AccumulatePath::automatic);
    // Small values, one that nearly fills the word, and small ones that push it over: in batches of
    // their own, and all in one.
    const std::vector<std::vector<std::int64_t>> batches = {
        {3, -4, 5}, {huge - 10}, {7, 6, 5, -2}, {huge, huge, -huge, 1}, {-huge, -huge, -huge, -9}};
    for (int round = 0; round < 3; ++round) {
      for (const std::vector<std::int64_t>& values : batches) {
        EventBatch batch(2);
        for (int copy = 0; copy < 40; ++copy) {
          for (const std::int64_t value : values) {
            const std::optional<std::int64_t> both[] = {value, 0};
            batch.add_values(1, {static_cast<std::uint64_t>(copy % 3), 0}, both);
          }
        }
        const NarrowColumns narrow(batch);
        tested.offer(batch, columns_of(batch, narrow, true), limits.limits);
        reference.offer_to_rounds(batch, limits.limits);
      }
    }
    EXPECT_EQ(tested.state(1), reference.state(1));
  }
}

TEST_P(AccumulatePaths, EventsGoToEveryGrid) {
  Limits limits = Limits::tumbling(10, 0, pane_columns);
  limits.add_grid({25, 25, 5}, 25, -1, 4, pane_columns);
  for (const auto& [name, layout] : layouts()) {
    SCOPED_TRACE(name + ", seed 13");
    Fed tested(shape_of(layout), GetParam());
    Fed reference(shape_of(layout), AccumulatePath::automatic);
    std::mt19937_64 random(13);
    for (int round = 0; round < 3; ++round) {
      const EventBatch batch = random_batch(random, spreads()[2], 1500);
      const NarrowColumns narrow(batch);
      const BatchReport report =
          tested.offer(batch, columns_of(batch, narrow, round == 1), limits.limits);
      EXPECT_EQ(report.accepted, 1500u);
      reference.offer_to_rounds(batch, limits.limits);
    }
    EXPECT_EQ(tested.state(pane_columns + 4), reference.state(pane_columns + 4));
  }
}

TEST_P(AccumulatePaths, PanesMayLieFarApartAndBeLongOrShort) {
  struct Grid {
    Milliseconds length;
    PaneIndex first;
    std::uint32_t panes;
  };
  const Grid grids[] = {
      {1, -500, 1000}, {7, 1'000'000, 300}, {86'400'000, -20, 60}, {Milliseconds{1} << 33, -2, 5}};
  for (const Grid& grid : grids) {
    SCOPED_TRACE("panes of " + std::to_string(grid.length) + " ms, seed 17");
    const Limits limits = Limits::tumbling(grid.length, grid.first, grid.panes);
    Fed tested(shape_of(contract::full_layout()), GetParam());
    std::mt19937_64 random(17);
    std::map<PaneIndex, contract::Rows> expected;
    for (int round = 0; round < 3; ++round) {
      EventBatch batch;
      for (std::uint32_t i = 0; i < 900; ++i) {
        const auto span = static_cast<std::uint64_t>(grid.length) * grid.panes;
        const std::uint64_t at = i % 2 == 0 ? random() % span : random() % 2 * (span - 1);
        batch.add(grid.first * grid.length + static_cast<EventTime>(at), {random() % 9, 0},
                  static_cast<std::int64_t>(random() % 100));
      }
      ASSERT_EQ(tested.offer(batch, batch.columns(), limits.limits).accepted, 900u);
      for (const auto& [pane, rows] : contract::expected_rows(batch, grid.length)) {
        for (const auto& [key, row] : rows) {
          contract::Row& sum = expected[pane][key];
          sum.count += row.count;
          sum.sum += row.sum;
          sum.minimum = std::min(sum.minimum, row.minimum);
          sum.maximum = std::max(sum.maximum, row.maximum);
        }
      }
    }
    const State state = tested.state(grid.panes);
    ASSERT_EQ(state.size(), expected.size());
    for (const auto& [pane, rows] : expected) {
      const auto& found = state.at(static_cast<ColumnIndex>(pane - grid.first));
      ASSERT_EQ(found.size(), rows.size());
      for (const auto& [key, row] : rows) {
        ASSERT_EQ(contract::read_row(contract::full_layout(), found.at(key).data()), row);
      }
    }
  }
}

TEST_P(AccumulatePaths, PanesAreUsedAgainWhileKeysComeAndGo) {
  BackendShape shape = shape_of(contract::full_layout());
  shape.max_keys = 1200;
  Fed tested(shape, GetParam());
  std::mt19937_64 random(19);
  for (std::uint32_t round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + ", seed 19");
    const ColumnIndex column = round % 3;
    const auto pane = static_cast<PaneIndex>(round);
    EventBatch batch;
    for (std::uint32_t i = 0; i < 1500; ++i) {
      batch.add(10 * pane + static_cast<EventTime>(random() % 10),
                {round * 200 + random() % 500, round / 6}, static_cast<std::int64_t>(i));
    }
    const Limits limits = Limits::tumbling(10, pane, 1, column);
    const BatchReport report = tested.offer(batch, batch.columns(), limits.limits);

    ASSERT_EQ(report.accepted, 1500u);
    ASSERT_EQ(report.opened, std::vector<ColumnIndex>{column});
    const State state = tested.state(3);
    const contract::Rows expected = contract::expected_rows(batch, 10).at(pane);
    ASSERT_EQ(state.at(column).size(), expected.size());
    for (const auto& [key, row] : expected) {
      ASSERT_EQ(contract::read_row(shape.layout, state.at(column).at(key).data()), row);
    }
    const ColumnStep drop{.kind = ColumnStep::Kind::drop, .target = (column + 2) % 3};
    tested->run(drop, {}, {});
  }
}

TEST(AutomaticPath, FollowsTheGroupsOnlyAfterAWhile) {
  BackendShape shape = shape_of(contract::invertible_layout());
  shape.max_batch_events = 60'000;
  shape.max_keys = 60'000;
  Fed tested(shape, AccumulatePath::automatic);
  std::mt19937_64 random(23);
  const Limits limits = Limits::tumbling(100, 0, 1);
  const auto feed = [&](std::uint64_t keys, std::uint32_t events) {
    EventBatch batch;
    for (std::uint32_t i = 0; i < events; ++i) {
      batch.add(static_cast<EventTime>(random() % 100), {random() % keys, 0}, 1);
    }
    tested.offer(batch, batch.columns(), limits.limits);
    return tested->status().path;
  };
  feed(5, 10'000);  // meets the keys

  EXPECT_EQ(feed(5, 10'000), AccumulatePath::private_tables);
  // 50,000 groups are more than a block's shared memory holds.
  feed(50'000, 50'000);
  EXPECT_THAT(feed(50'000, 50'000), testing::Ne(AccumulatePath::partitioned));
  for (unsigned i = 0; i < 6; ++i) feed(5, 10'000);

  EXPECT_EQ(tested->status().path, AccumulatePath::shared_table);
  EXPECT_EQ(tested->status().path_switches, 1u);
}

}  // namespace
}  // namespace sluice::cuda
