#include <algorithm>
#include <string>

#include "tests/kernels/step_contract.hpp"

namespace sluice::contract {
namespace {

class SealedContract : public StepContract {};

INSTANTIATE_TEST_SUITE_P(Backends, SealedContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(SealedContract, SealedRowsReadAsTheyWere) {
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

TEST_P(SealedContract, SealedRowsAreTakenOutAgain) {
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

TEST_P(SealedContract, LateEventsGoIntoSealedColumns) {
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

TEST_P(SealedContract, NamedSlotsOfSealedColumns) {
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

TEST_P(SealedContract, SealingMakesScatteredRowsSmallerAndDropGivesThemBack) {
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

TEST_P(SealedContract, ASavedStateHoldsSealedRows) {
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

TEST_P(SealedContract, KeysOfSealedRowsKeepTheirSlots) {
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

}  // namespace
}  // namespace sluice::contract
