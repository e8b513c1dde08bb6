#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"
#include "tests/support/random.hpp"

// Both backends are fed the same batches and run the same programs; every report and every row has
// to be the same. Sums of doubles are made of quarters, so that they are exact in any order.
namespace sluice::cuda {
namespace {

using oracle::Random;

constexpr std::uint32_t value_columns = 2;  // an int64 and a double
constexpr std::uint32_t panes_per_grid = 12;
constexpr std::size_t running = 2 * panes_per_grid;  // column of a running value
constexpr std::size_t stack = running + 1;           // column of a stack's suffix

enum class Skew { one_key, zipf, distinct, few };

struct ParityCase {
  std::size_t batch_events;
  Skew skew;
  bool invertible;
  std::uint64_t seed;
};

RowLayout layout_for(bool invertible) {
  std::vector<AccumulatorNeed> needs = {{AccumulatorKind::nulls, 0},
                                        {AccumulatorKind::sum_integer, 0},
                                        {AccumulatorKind::sum_squares_integer, 0},
                                        {AccumulatorKind::nulls, 1}};
  if (!invertible) {
    needs.push_back({AccumulatorKind::minimum, 0});
    needs.push_back({AccumulatorKind::maximum, 0});
    needs.push_back({AccumulatorKind::minimum, 1, true});
    needs.push_back({AccumulatorKind::maximum, 1, true});
    needs.push_back({AccumulatorKind::sum_double, 1, true});
    needs.push_back({AccumulatorKind::sum_shifted, 1, true});
    needs.push_back({AccumulatorKind::sum_squares_shifted, 1, true});
  }
  return lay_out_row(needs);
}

std::int64_t bits_of(double value) {
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Two window definitions on grids of their own, moved on by a watermark.
class MovingLimits {
 public:
  static constexpr Milliseconds lateness = 6;

  explicit MovingLimits(EventTime watermark) { advance(watermark); }

  void advance(EventTime watermark) {
    limits_ = {};
    limits_.future_after = watermark + 200;
    limits_.grid_count = 2;
    limits_.window_count = 3;
    limits_.gaps = true;
    set_window(0, {.size = 10, .slide = 20}, watermark);
    set_window(1, {.size = 30, .slide = 40}, watermark);
    set_window(2, {.size = 14, .slide = 21, .offset = 3}, watermark);
    set_grid(0, {.phase = 0, .length = 10}, 0, 2, watermark);
    set_grid(1, {.phase = 3, .length = 7}, 2, 1, watermark);
    limits_.untouched_from = watermark + 1;
  }

  const BatchLimits& get() const { return limits_; }
  ColumnIndex column(std::uint32_t grid, PaneIndex pane) const {
    return grid * panes_per_grid +
           static_cast<ColumnIndex>(floor_mod(pane, PaneIndex{panes_per_grid}));
  }

 private:
  void set_window(std::uint32_t w, const WindowSpec& spec, EventTime watermark) {
    // A window has passed when the watermark is at its end - 1 + lateness or later.
    const EventTime last_passed = spec.last_start(watermark - lateness - spec.size + 1);
    limits_.windows[w] = {.spec = spec,
                          .live_from = last_passed + spec.slide,
                          .refused_before = last_passed + spec.size};
  }
  void set_grid(std::uint32_t g, const PaneGrid& grid, std::uint32_t first_window,
                std::uint32_t count, EventTime watermark) {
    EventTime live_from = limits_.windows[first_window].live_from;
    for (std::uint32_t w = 1; w < count; ++w) {
      live_from = std::min(live_from, limits_.windows[first_window + w].live_from);
    }
    GridLimits& limits = limits_.grids[g];
    limits = {.grid = grid,
              .first_window = first_window,
              .window_count = count,
              .first_pane = grid.pane_of(live_from),
              .pane_count = panes_per_grid,
              .corrected_before = grid.pane_of(watermark + 1),
              .columns = nullptr};
    columns_[g].resize(panes_per_grid);
    for (std::uint32_t p = 0; p < panes_per_grid; ++p) {
      columns_[g][p] = column(g, limits.first_pane + p);
    }
    limits.columns = columns_[g].data();
  }

  BatchLimits limits_;
  std::vector<ColumnIndex> columns_[2];
};

class BackendParity : public testing::TestWithParam<ParityCase> {
 protected:
  void SetUp() override {
    BackendShape shape{.layout = layout_,
                       .max_batch_events = GetParam().batch_events,
                       .max_keys = 1u << 16,
                       .max_state_bytes = std::size_t{1} << 28,
                       .threads = 2};
    cpu_ = std::make_unique<BackendSession>(std::make_unique<cpu::CpuBackend>(shape), layout_);
    cuda_ = std::make_unique<BackendSession>(make_backend(shape), layout_);
  }

  KeyValue random_key() {
    switch (GetParam().skew) {
      case Skew::one_key:
        return {42, 42};
      case Skew::zipf:
        return {random_.below(1 + random_.below(1 + random_.below(300))), 0};
      case Skew::distinct:
        return {next_key_++, 7};
      case Skew::few:
        return {random_.below(3), random_.below(3)};
    }
    return {};
  }

  std::optional<std::int64_t> random_integer() {
    if (random_.chance(10)) return std::nullopt;
    if (random_.chance(10)) return random_.pick({INT64_MAX, INT64_MIN, INT64_MAX - 1});
    return random_.between(-1000, 1000);
  }
  std::optional<std::int64_t> random_double() {
    if (random_.chance(10)) return std::nullopt;
    return bits_of(0.25 * static_cast<double>(random_.between(-400, 400)));
  }

  TestBatch random_batch(EventTime watermark) {
    TestBatch batch(value_columns);
    for (std::size_t i = 0; i < GetParam().batch_events; ++i) {
      const EventTime time = random_.chance(3) ? watermark + random_.between(150, 300)
                                               : watermark + random_.between(-40, 75);
      batch.add(time, random_key(), {random_integer(), random_double()},
                static_cast<PartitionIndex>(random_.below(100)));
    }
    return batch;
  }

  /// Closes the panes of `grid` before `pane` with every kind of step that the layout allows. Each
  /// emit has an output of its own.
  std::vector<ColumnStep> closing_program(const MovingLimits& limits, std::uint32_t grid,
                                          PaneIndex pane) const {
    using Kind = ColumnStep::Kind;
    std::vector<ColumnStep> steps;
    std::uint32_t outputs = 0;
    for (PaneIndex p = limits.get().grids[grid].first_pane; p < pane; ++p) {
      const ColumnIndex column = limits.column(grid, p);
      steps.push_back({.kind = Kind::combine, .target = running, .source = column});
      steps.push_back({.kind = Kind::emit, .target = running, .output = outputs++});
      if (layout_.invertible) {
        steps.push_back({.kind = Kind::remove, .target = running, .source = column});
      } else if (p % 2 == 0) {
        steps.push_back({.kind = Kind::reset, .target = running});
      }
      steps.push_back(
          {.kind = Kind::emit, .target = running, .source = column, .output = outputs++});
      steps.push_back({.kind = Kind::combine, .target = stack, .source = column});
      steps.push_back({.kind = Kind::drop, .target = column});
    }
    steps.push_back({.kind = Kind::emit, .target = stack, .source = running, .output = outputs});
    if (pane % 3 == 0) steps.push_back({.kind = Kind::drop, .target = stack});
    return steps;
  }

  void count_kinds(const NamedReport& report) {
    const std::size_t counts[] = {report.accepted,      report.future,
                                  report.in_no_window,  report.late,
                                  report.parked.size(), report.corrections.size(),
                                  report.refused[0],    report.refused[1],
                                  report.refused[2],    report.opened.size()};
    kinds_.resize(std::size(counts));
    for (std::size_t i = 0; i < kinds_.size(); ++i) kinds_[i] += counts[i];
  }

  void expect_same_content() {
    for (ColumnIndex column = 0; column <= stack; ++column) {
      EXPECT_EQ(cpu_->rows_of(column), cuda_->rows_of(column)) << "column " << column;
    }
    EXPECT_EQ(cpu_->backend().status().columns, cuda_->backend().status().columns);
  }

  RowLayout layout_ = layout_for(GetParam().invertible);
  Random random_{GetParam().seed};
  std::uint64_t next_key_ = 0;
  std::vector<std::size_t> kinds_;
  std::unique_ptr<BackendSession> cpu_;
  std::unique_ptr<BackendSession> cuda_;
};

TEST_P(BackendParity, ReportsAndRowsAreTheSameOnBothBackends) {
  EventTime watermark = -130;
  MovingLimits limits(watermark);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const TestBatch batch = random_batch(watermark);
    const NamedReport expected = cpu_->accumulate(batch, limits.get());
    ASSERT_EQ(cuda_->accumulate(batch, limits.get()), expected);
    count_kinds(expected);

    watermark += 45;
    const MovingLimits next(watermark);
    for (std::uint32_t g = 0; g < 2; ++g) {
      const auto program = closing_program(limits, g, next.get().grids[g].first_pane);
      ASSERT_EQ(cuda_->run(program, program.size()), cpu_->run(program, program.size()))
          << "grid " << g;
    }
    limits.advance(watermark);
    if (!expected.parked.empty()) {
      ASSERT_EQ(cuda_->accumulate(batch, limits.get(), expected.parked),
                cpu_->accumulate(batch, limits.get(), expected.parked));
    }
  }
  expect_same_content();
  if (GetParam().batch_events > 200) {
    EXPECT_THAT(kinds_, testing::Each(testing::Gt(0u))) << "the input lacks a kind of event";
  }
  EXPECT_EQ(cuda_->backend().shift(1), cpu_->backend().shift(1));
}

TEST_P(BackendParity, AnImageOfOneBackendGoesOnInTheOther) {
  const MovingLimits limits(0);
  const TestBatch batch = random_batch(0);
  cpu_->accumulate(batch, limits.get());
  cuda_->accumulate(batch, limits.get());
  const StateImage from_cpu = cpu_->backend().save();
  const StateImage from_cuda = cuda_->backend().save();

  cuda_->load(from_cpu);
  cpu_->load(from_cuda);
  const TestBatch more = random_batch(0);
  const NamedReport expected = cpu_->accumulate(more, limits.get());

  EXPECT_EQ(cuda_->accumulate(more, limits.get()), expected);
  expect_same_content();
}

std::string name_of(const testing::TestParamInfo<ParityCase>& info) {
  const char* const skews[] = {"OneKey", "Zipf", "Distinct", "Few"};
  return std::string(skews[static_cast<int>(info.param.skew)]) +
         std::to_string(info.param.batch_events) + (info.param.invertible ? "Invertible" : "");
}

INSTANTIATE_TEST_SUITE_P(
    SizesAndSkews, BackendParity,
    testing::Values(ParityCase{1, Skew::few, true, 1}, ParityCase{31, Skew::zipf, true, 2},
                    ParityCase{32, Skew::one_key, false, 3}, ParityCase{33, Skew::few, false, 4},
                    ParityCase{255, Skew::distinct, true, 5},
                    ParityCase{256, Skew::distinct, false, 6},
                    ParityCase{257, Skew::distinct, true, 7},
                    ParityCase{257, Skew::one_key, true, 8}, ParityCase{1000, Skew::zipf, false, 9},
                    ParityCase{1000, Skew::few, true, 10},
                    ParityCase{2049, Skew::distinct, false, 11}),
    name_of);

}  // namespace
}  // namespace sluice::cuda
