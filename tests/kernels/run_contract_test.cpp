#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {
namespace {

using Kind = ColumnStep::Kind;

class RunContract : public BackendContract {
 protected:
  /// Panes of 10 ms from 0 on, in the columns of the same number.
  void fill(const EventBatch& batch) { offer(batch, Limits::tumbling(10, 0, 8).limits); }

  std::map<KeySlot, Row> by_slot(const WindowRows& rows) const {
    std::map<KeySlot, Row> read;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      read[rows.slots[r]] = read_row(shape_.layout, rows.words.data() + r * shape_.layout.words());
    }
    return read;
  }

  static EventBatch two_panes() {
    EventBatch batch;
    batch.add(1, {1, 0}, 10);
    batch.add(2, {1, 0}, 20);
    batch.add(3, {2, 0}, std::nullopt);
    batch.add(11, {1, 0}, -5);
    batch.add(12, {3, 0}, 7);
    return batch;
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, RunContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

Row row_of(std::initializer_list<std::optional<std::int64_t>> values) {
  Row row;
  for (const auto& value : values) row.add(value);
  return row;
}

/// What the invertible layout keeps of rows.
Rows without_extremes(Rows rows) {
  for (auto& [key, row] : rows) {
    row.minimum = minimum_identity;
    row.maximum = maximum_identity;
  }
  return rows;
}

Rows added(Rows rows, const Rows& others) {
  for (const auto& [key, row] : others) {
    Row& sum = rows[key];
    sum.count += row.count;
    sum.nulls += row.nulls;
    sum.sum += row.sum;
    sum.minimum = std::min(sum.minimum, row.minimum);
    sum.maximum = std::max(sum.maximum, row.maximum);
  }
  return rows;
}

TEST_P(RunContract, EmitAddsTwoColumnsAndChangesNeither) {
  make(full_layout());
  fill(two_panes());

  const Rows both = rows(0, 1);

  EXPECT_EQ(both, (Rows{{{1, 0}, row_of({10, 20, -5})},
                        {{2, 0}, row_of({std::nullopt})},
                        {{3, 0}, row_of({7})}}));
  EXPECT_EQ(rows(0), (Rows{{{1, 0}, row_of({10, 20})}, {{2, 0}, row_of({std::nullopt})}}));
  EXPECT_EQ(rows(1), (Rows{{{1, 0}, row_of({-5})}, {{3, 0}, row_of({7})}}));
}

TEST_P(RunContract, EmitAppendsToTheOutputOfItsStep) {
  make(full_layout());
  fill(two_panes());
  const std::vector<ColumnStep> steps{
      {Kind::emit, 0, no_column, 1}, {Kind::emit, 5, no_column, 0}, {Kind::emit, 1, no_column, 1}};
  std::vector<WindowRows> outputs(2);

  backend_->run(steps, {}, outputs);

  EXPECT_EQ(outputs[0].size(), 0u);
  EXPECT_EQ(outputs[1].size(), 4u);
  EXPECT_EQ(outputs[1].words.size(), 4 * shape_.layout.words());
}

TEST_P(RunContract, StepsRunInTheirOrder) {
  make(full_layout());
  fill(two_panes());

  run({{Kind::combine, 20, 0, 0},
       {Kind::combine, 20, 1, 0},
       {Kind::combine, 21, 20, 0},
       {Kind::reset, 20, no_column, 0},
       {Kind::combine, 20, 1, 0},
       {Kind::drop, 1, no_column, 0}});

  EXPECT_EQ(rows(21), (Rows{{{1, 0}, row_of({10, 20, -5})},
                            {{2, 0}, row_of({std::nullopt})},
                            {{3, 0}, row_of({7})}}));
  EXPECT_EQ(rows(20), (Rows{{{1, 0}, row_of({-5})}, {{3, 0}, row_of({7})}}));
  EXPECT_EQ(rows(1), Rows{});
}

TEST_P(RunContract, RemoveTakesBackWhatCombineAdded) {
  make(invertible_layout());
  EventBatch batch;
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 5; ++i) batch.add(1, {1, 0}, huge);
  batch.add(1, {2, 0}, std::nullopt);
  batch.add(11, {1, 0}, huge);
  batch.add(11, {1, 0}, -huge);
  fill(batch);
  const Rows first = rows(0);
  const Rows second = rows(1);

  run({{Kind::combine, 20, 0, 0}, {Kind::combine, 20, 1, 0}});
  EXPECT_EQ(rows(20), added(first, second));
  run({{Kind::remove, 20, 0, 0}});
  EXPECT_EQ(rows(20), second) << "key 2 has no row left";
  run({{Kind::remove, 20, 1, 0}});
  EXPECT_EQ(rows(20), Rows{});
}

TEST_P(RunContract, ColumnsThatHoldNothingCountForNothing) {
  make(full_layout());
  fill(two_panes());
  const Rows before = rows(0);

  run({{Kind::combine, 0, 900, 0},
       {Kind::reset, 901, no_column, 0},
       {Kind::drop, 902, no_column, 0},
       {Kind::combine, 903, 904, 0}});

  EXPECT_EQ(rows(0), before);
  EXPECT_EQ(rows(0, 900), before);
  EXPECT_EQ(rows(900, 0), before);
  EXPECT_EQ(rows(900, 903), Rows{});
}

TEST_P(RunContract, OnlyTheNamedSlotsAreTouched) {
  make(invertible_layout());
  EventBatch batch;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    batch.add(1, {key, 0}, static_cast<std::int64_t>(key));
    batch.add(11, {key, 0}, 1000);
  }
  fill(batch);
  std::vector<KeySlot> only{slot_of({3, 0}), slot_of({500, 0}), slot_of({999, 0})};
  std::sort(only.begin(), only.end());

  EXPECT_EQ(rows(0, 1, only), without_extremes({{{3, 0}, row_of({3, 1000})},
                                                {{500, 0}, row_of({500, 1000})},
                                                {{999, 0}, row_of({999, 1000})}}))
      << "emit";
  run({{Kind::combine, 20, 0, 0}, {Kind::combine, 20, 1, 0}, {Kind::remove, 20, 0, 0}}, only);
  EXPECT_EQ(rows(20),
            without_extremes(
                {{{3, 0}, row_of({1000})}, {{500, 0}, row_of({1000})}, {{999, 0}, row_of({1000})}}))
      << "combine and remove";
  run({{Kind::reset, 0, no_column, 0}, {Kind::drop, 1, no_column, 0}}, only);
  EXPECT_EQ(rows(0).size(), 997u) << "reset";
  EXPECT_EQ(rows(1).size(), 997u) << "drop";
  EXPECT_EQ(rows(0).at({4, 0}).sum, 4);
}

TEST_P(RunContract, ManySlotsMayBeNamed) {
  make(full_layout());
  EventBatch batch;
  for (std::uint64_t key = 0; key < 9000; ++key) {
    batch.add(1, {key, 0}, static_cast<std::int64_t>(key));
    batch.add(11, {key, 0}, -1);
  }
  fill(batch);
  std::vector<KeySlot> only;
  Rows expected;
  for (const auto& [slot, key] : keys_) {
    if (key.first % 3 == 0) continue;
    only.push_back(slot);
    expected[key] = row_of({static_cast<std::int64_t>(key.first), -1});
  }

  EXPECT_TRUE(rows(0, 1, only) == expected);
  run({{Kind::combine, 30, 1, 0}, {Kind::combine, 30, 0, 0}}, only);
  EXPECT_TRUE(rows(30) == expected);
}

TEST_P(RunContract, DropGivesMemoryBackAndResetKeepsIt) {
  make(full_layout());
  EventBatch batch;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    batch.add(1, {key, 0});
    batch.add(11, {key, 0});
  }
  fill(batch);
  const std::size_t full = backend_->status().state_bytes;

  run({{Kind::reset, 0, no_column, 0}});
  const std::size_t after_reset = backend_->status().state_bytes;
  run({{Kind::drop, 0, no_column, 0}, {Kind::drop, 1, no_column, 0}});
  const std::size_t after_drop = backend_->status().state_bytes;

  EXPECT_EQ(after_reset, full);
  EXPECT_LE(after_drop + 2 * 20'000 * shape_.layout.words() * 8, full);
  EXPECT_EQ(backend_->status().columns, 0u);
  const BatchReport again = offer(batch, Limits::tumbling(10, 0, 2).limits);
  EXPECT_EQ(again.opened, (std::vector<ColumnIndex>{0, 1}));
  EXPECT_EQ(rows(0).size(), 20'000u);
}

TEST_P(RunContract, ARunningValueSlidesOverManyKeys) {
  make(invertible_layout());
  std::mt19937_64 random(9);
  std::map<PaneIndex, Rows> panes;
  constexpr ColumnIndex running = 8;
  for (PaneIndex pane = 0; pane < 12; ++pane) {
    SCOPED_TRACE("seed 9, pane " + std::to_string(pane));
    EventBatch batch;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      batch.add(pane * 10 + 5, {random() % 9000, 0}, static_cast<std::int64_t>(random()));
    }
    panes[pane] = expected_rows(batch, 10).at(pane);
    offer(batch, Limits::tumbling(10, pane, 1, static_cast<ColumnIndex>(pane % 4)).limits);

    run({{Kind::combine, running, static_cast<ColumnIndex>(pane % 4), 0}});
    if (pane >= 3) {
      const auto oldest = static_cast<ColumnIndex>((pane - 3) % 4);
      run({{Kind::remove, running, oldest, 0}, {Kind::drop, oldest, no_column, 0}});
    }

    Rows expected;
    for (PaneIndex p = std::max<PaneIndex>(0, pane - 2); p <= pane; ++p) {
      expected = added(expected, panes[p]);
    }
    ASSERT_TRUE(rows(running) == without_extremes(expected));
  }
}

TEST_P(RunContract, ClosingThatNeedsMoreThanTheMemoryStops) {
  BackendShape shape = small_shape(full_layout());
  shape.max_state_bytes = std::size_t{6} << 20;
  make(shape);
  EventBatch batch;
  for (std::uint64_t key = 0; key < 10'000; ++key) batch.add(1, {key, 0});
  ASSERT_EQ(offer(batch, Limits::tumbling(10, 0, 1).limits).accepted, 10'000u);
  std::vector<ColumnStep> steps;
  for (ColumnIndex column = 1; column < 100; ++column) {
    steps.push_back({Kind::combine, column, 0, 0});
  }

  EXPECT_THROW(backend_->run(steps, {}, {}), StateFull);
}

TEST_P(RunContract, ALoadedStateGoesOnAsTheSavedOne) {
  make(full_layout());
  EventBatch batch;
  std::mt19937_64 random(21);
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    const std::uint64_t key = random() % 7000;
    batch.add(static_cast<EventTime>(random() % 30), {key, key % 3 == 0 ? ~key : 0},
              static_cast<std::int64_t>(random()));
  }
  fill(batch);
  run({{Kind::combine, 50, 0, 0}, {Kind::drop, 1, no_column, 0}});
  const Rows first = rows(0);
  const Rows third = rows(2);
  const StateImage image = backend_->save();

  backend_ = GetParam().make(shape_);
  backend_->load(image);

  EXPECT_EQ(image.keys.size(), keys_.size());
  EXPECT_EQ(backend_->status().keys, keys_.size());
  EXPECT_EQ(backend_->status().columns, 3u);
  EXPECT_TRUE(rows(0) == first);
  EXPECT_TRUE(rows(1).empty());
  EXPECT_TRUE(rows(2) == third);
  EXPECT_TRUE(rows(50) == first);
  const BatchReport again = offer(batch, Limits::tumbling(10, 0, 3).limits);
  EXPECT_TRUE(again.first_seen.empty()) << "the keys are known";
  EXPECT_EQ(again.opened, std::vector<ColumnIndex>{1});
  EXPECT_TRUE(rows(0) == added(first, first));
}

TEST_P(RunContract, LoadingReplacesWhatWasThere) {
  make(full_layout());
  fill(two_panes());
  const StateImage image = backend_->save();
  const Rows first = rows(0);
  EventBatch other;
  for (std::uint64_t key = 100; key < 9000; ++key) other.add(25, {key, key}, 1);
  fill(other);

  backend_->load(image);

  EXPECT_EQ(backend_->status().keys, 3u);
  EXPECT_EQ(rows(0), first);
  EXPECT_EQ(rows(2), Rows{});
}

TEST_P(RunContract, AStateThatDoesNotFitIsNotLoaded) {
  make(full_layout());
  EventBatch batch;
  for (std::uint64_t key = 0; key < 1000; ++key) batch.add(1, {key, 7});
  fill(batch);
  const StateImage image = backend_->save();
  BackendShape small = shape_;
  small.max_keys = 999;
  make(small);

  EXPECT_THROW(backend_->load(image), StateFull);
}

EventBatch scattered_batch(std::uint32_t seed, std::uint64_t keys, std::uint32_t events,
                           EventTime end) {
  std::mt19937_64 random(seed);
  EventBatch batch;
  for (std::uint32_t i = 0; i < events; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
    batch.add(static_cast<EventTime>(random() % static_cast<std::uint64_t>(end)),
              {random() % keys, 0},
              random() % 10 == 0 ? std::nullopt : std::optional<std::int64_t>(value));
  }
  return batch;
}

TEST_P(RunContract, SealedRowsReadAsTheyWere) {
  for (const std::uint32_t events : {300u, 60'000u}) {
    SCOPED_TRACE(std::to_string(events) + " events, seed 5");
    make(full_layout());
    fill(scattered_batch(5, 2'000, events, 20));
    const Rows first = rows(0);
    const Rows second = rows(1);

    run({{Kind::seal, 0, no_column, 0}, {Kind::seal, 900, no_column, 0}});

    EXPECT_TRUE(rows(0) == first);
    EXPECT_TRUE(rows(0, 1) == added(first, second));
    EXPECT_TRUE(rows(1, 0) == added(first, second));
    run({{Kind::combine, 20, 0, 0}, {Kind::seal, 1, no_column, 0}, {Kind::combine, 20, 1, 0}});
    EXPECT_TRUE(rows(20) == added(first, second));
    run({{Kind::seal, 0, no_column, 0}});
    EXPECT_TRUE(rows(0) == first) << "sealed again";
  }
}

TEST_P(RunContract, SealedRowsAreTakenOutAgain) {
  make(invertible_layout());
  fill(scattered_batch(6, 2'000, 30'000, 20));
  const Rows first = rows(0);
  const Rows second = rows(1);

  run({{Kind::combine, 20, 0, 0},
       {Kind::combine, 20, 1, 0},
       {Kind::seal, 0, no_column, 0},
       {Kind::seal, 1, no_column, 0},
       {Kind::remove, 20, 0, 0}});

  EXPECT_TRUE(rows(20) == second);
}

TEST_P(RunContract, LateEventsGoIntoSealedColumns) {
  make(full_layout());
  const EventBatch early = scattered_batch(7, 3'000, 40'000, 10);
  const EventBatch late = scattered_batch(8, 4'000, 500, 10);
  fill(early);
  run({{Kind::seal, 0, no_column, 0}});

  fill(late);

  const Rows expected = added(expected_rows(early, 10).at(0), expected_rows(late, 10).at(0));
  EXPECT_TRUE(rows(0) == expected);
  run({{Kind::seal, 0, no_column, 0}});
  EXPECT_TRUE(rows(0) == expected) << "sealed again";
  run({{Kind::combine, 20, 0, 0}});
  EXPECT_TRUE(rows(20) == expected);
}

TEST_P(RunContract, NamedSlotsOfSealedColumns) {
  make(invertible_layout());
  fill(scattered_batch(9, 1'000, 30'000, 20));
  const Rows first = rows(0);
  const Rows second = rows(1);
  std::vector<KeySlot> only{slot_of({3, 0}), slot_of({500, 0}), slot_of({999, 0})};
  std::sort(only.begin(), only.end());
  run({{Kind::seal, 0, no_column, 0}, {Kind::seal, 1, no_column, 0}});

  const Rows both = added(first, second);
  const Rows named = rows(0, 1, only);
  EXPECT_EQ(named.size(), 3u);
  for (const auto& [key, row] : named) EXPECT_EQ(row, both.at(key));
  run({{Kind::combine, 20, 0, 0}, {Kind::combine, 20, 1, 0}, {Kind::remove, 20, 0, 0}}, only);
  for (const auto& [key, row] : rows(20)) EXPECT_EQ(row, second.at(key));
  run({{Kind::reset, 0, no_column, 0}}, only);
  EXPECT_EQ(rows(0).size(), first.size() - 3);
  run({{Kind::drop, 1, no_column, 0}}, only);
  EXPECT_EQ(rows(1).size(), second.size() - 3);
}

TEST_P(RunContract, SealingMakesScatteredRowsSmallerAndDropGivesThemBack) {
  make(full_layout());
  EventBatch batch;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    batch.add(1, {key, 0}, 1);
    for (EventTime pane = 1; pane < 8 && key % 16 == 0; ++pane) batch.add(10 * pane, {key, 0}, 1);
  }
  fill(batch);
  const std::size_t open = backend_->status().state_bytes;
  const Rows seventh = rows(7);

  std::vector<ColumnStep> steps;
  for (ColumnIndex column = 1; column < 8; ++column) {
    steps.push_back({Kind::seal, column, no_column, 0});
  }
  backend_->run(steps, {}, {});
  const std::size_t sealed = backend_->status().state_bytes;
  EXPECT_TRUE(rows(7) == seventh);

  for (ColumnStep& step : steps) step.kind = Kind::drop;
  backend_->run(steps, {}, {});

  EXPECT_LT(sealed, open);
  EXPECT_LE(backend_->status().state_bytes, sealed);
  EXPECT_EQ(rows(7), Rows{});
  EXPECT_EQ(backend_->status().columns, 1u);
}

TEST_P(RunContract, ASavedStateHoldsSealedRows) {
  make(full_layout());
  fill(scattered_batch(10, 3'000, 20'000, 20));
  const Rows first = rows(0);
  run({{Kind::seal, 0, no_column, 0}, {Kind::seal, 1, no_column, 0}});
  const StateImage image = backend_->save();

  backend_ = GetParam().make(shape_);
  backend_->load(image);

  EXPECT_TRUE(rows(0) == first);
  EXPECT_EQ(backend_->status().columns, 2u);
}

TEST_P(RunContract, KeysOfSealedRowsKeepTheirSlots) {
  BackendShape shape = small_shape(full_layout());
  shape.max_keys = 1'000;
  make(shape);
  EventBatch kept;
  for (std::uint64_t key = 0; key < 600; ++key) kept.add(1, {key, 9}, 1);
  fill(kept);
  run({{Kind::seal, 0, no_column, 0}});
  EventBatch gone;
  for (std::uint64_t key = 1'000; key < 1'400; ++key) gone.add(11, {key, 9}, 1);
  fill(gone);
  run({{Kind::drop, 1, no_column, 0}});

  EventBatch fresh;
  for (std::uint64_t key = 2'000; key < 2'500; ++key) fresh.add(21, {key, 9}, 1);
  const BatchReport report = offer(fresh, Limits::tumbling(10, 0, 8).limits);

  EXPECT_EQ(report.accepted, 400u);
  EXPECT_EQ(report.keys_full, 100u);
  EXPECT_EQ(rows(0).size(), 600u);
}

TEST_P(RunContract, StrandsGiveWhatTheirStepsGiveOneAfterAnother) {
  for (const std::uint64_t keys : {3u, 700u}) {
    SCOPED_TRACE(std::to_string(keys) + " keys, seed 11");
    make(invertible_layout());
    fill(scattered_batch(11, keys, 20'000, 80));
    std::vector<ColumnStep> steps;
    std::vector<std::uint32_t> strands;
    constexpr std::uint32_t strand_count = 5;
    for (std::uint32_t strand = 0; strand < strand_count; ++strand) {
      const ColumnIndex working = 20 + strand;
      for (std::uint32_t window = 0; window < 3; ++window) {
        steps.push_back({Kind::combine, working, (strand + window) % 8, 0});
        steps.push_back({Kind::emit, working, no_column, 3 * strand + window});
      }
      steps.push_back({Kind::drop, working, no_column, 0});
      strands.push_back(static_cast<std::uint32_t>(steps.size()));
    }
    std::vector<WindowRows> in_order(3 * strand_count);
    backend_->run(steps, {}, in_order);
    std::vector<WindowRows> in_strands(3 * strand_count);

    backend_->run(StepProgram(steps, strands), {}, in_strands);

    for (std::size_t output = 0; output < in_order.size(); ++output) {
      EXPECT_TRUE(by_slot(in_strands[output]) == by_slot(in_order[output])) << output;
      EXPECT_GT(in_order[output].size(), 0u);
    }
    EXPECT_EQ(rows(20), Rows{});
  }
}

RowLayout double_layout() {
  const AccumulatorNeed needs[] = {
      {AccumulatorKind::sum_shifted, 1, true}, {AccumulatorKind::sum_squares_shifted, 1, true},
      {AccumulatorKind::sum_double, 1, true},  {AccumulatorKind::minimum, 1, true},
      {AccumulatorKind::maximum, 1, true},     {AccumulatorKind::sum_squares_integer, 0}};
  return lay_out_row(needs);
}

TEST_P(RunContract, TheShiftIsTheFirstPresentValueAndStays) {
  BackendShape shape = small_shape(double_layout());
  make(shape);
  EXPECT_EQ(backend_->shift(1), 0.0);
  const auto bits = [](double value) {
    return std::optional<std::int64_t>(std::bit_cast<std::int64_t>(value));
  };
  EventBatch none(2);
  none.add_values(1, {1, 0}, std::vector<std::optional<std::int64_t>>{3, std::nullopt});
  EventBatch batch(2);
  batch.add_values(1, {1, 0}, std::vector<std::optional<std::int64_t>>{4, std::nullopt});
  batch.add_values(1, {1, 0}, std::vector<std::optional<std::int64_t>>{-5, bits(1000.5)});
  batch.add_values(1, {1, 0}, std::vector<std::optional<std::int64_t>>{6, bits(-2.0)});
  EventBatch later(2);
  later.add_values(1, {1, 0}, std::vector<std::optional<std::int64_t>>{7, bits(1002.5)});

  offer(none, Limits::tumbling(10, 0, 1).limits);
  EXPECT_EQ(backend_->shift(1), 0.0);
  offer(batch, Limits::tumbling(10, 0, 1).limits);
  offer(later, Limits::tumbling(10, 0, 1).limits);
  EXPECT_EQ(backend_->shift(1), 1000.5);
  EXPECT_EQ(backend_->shift(0), 0.0);

  const WindowRows found = emit(0);
  ASSERT_EQ(found.size(), 1u);
  const auto word = [&](AccumulatorKind kind, std::uint8_t value, bool is_double) {
    const AccumulatorSpec* const spec = find_accumulator(shape.layout, {kind, value, is_double});
    return found.words[spec->hot];
  };
  const double distance = -2.0 - 1000.5;
  EXPECT_EQ(found.words[0], 5u);
  EXPECT_EQ(std::bit_cast<double>(word(AccumulatorKind::sum_shifted, 1, true)), distance + 2.0);
  EXPECT_EQ(std::bit_cast<double>(word(AccumulatorKind::sum_squares_shifted, 1, true)),
            distance * distance + 4.0);
  EXPECT_EQ(std::bit_cast<double>(word(AccumulatorKind::sum_double, 1, true)), 2001.0);
  EXPECT_EQ(static_cast<std::int64_t>(word(AccumulatorKind::minimum, 1, true)),
            ordered_image(*bits(-2.0)));
  EXPECT_EQ(static_cast<std::int64_t>(word(AccumulatorKind::maximum, 1, true)),
            ordered_image(*bits(1002.5)));
  EXPECT_EQ(word(AccumulatorKind::sum_squares_integer, 0, false), 9u + 16 + 25 + 36 + 49);

  const StateImage image = backend_->save();
  make(shape);
  backend_->load(image);
  EXPECT_EQ(backend_->shift(1), 1000.5);
}

}  // namespace
}  // namespace sluice::contract
