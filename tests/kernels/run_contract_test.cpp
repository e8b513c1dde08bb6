#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/step_contract.hpp"

namespace sluice::contract {
namespace {

class RunContract : public StepContract {};

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

}  // namespace
}  // namespace sluice::contract
