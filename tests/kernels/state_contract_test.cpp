#include <bit>
#include <random>

#include "tests/kernels/step_contract.hpp"

namespace sluice::contract {
namespace {

class StateContract : public StepContract {};

INSTANTIATE_TEST_SUITE_P(Backends, StateContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

RowLayout double_layout() {
  const AccumulatorNeed needs[] = {
      {AccumulatorKind::sum_shifted, 1, true}, {AccumulatorKind::sum_squares_shifted, 1, true},
      {AccumulatorKind::sum_double, 1, true},  {AccumulatorKind::minimum, 1, true},
      {AccumulatorKind::maximum, 1, true},     {AccumulatorKind::sum_squares_integer, 0}};
  return lay_out_row(needs);
}

TEST_P(StateContract, ALoadedStateGoesOnAsTheSavedOne) {
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

TEST_P(StateContract, LoadingReplacesWhatWasThere) {
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

TEST_P(StateContract, AStateThatDoesNotFitIsNotLoaded) {
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

TEST_P(StateContract, TheShiftIsTheFirstPresentValueAndStays) {
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
