#include "bench/backend_load.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <benchmark/benchmark.h>

#include "kernels/row_layout.hpp"

namespace sluice::bench {
namespace {

/// Backends that run on this machine.
std::vector<BackendKind> available_backends() {
  std::vector<BackendKind> kinds{BackendKind::cpu};
  if (cuda_unavailable().empty()) kinds.push_back(BackendKind::cuda);
  return kinds;
}

/// Ranks with probability proportional to 1 / rank, by inverting the distribution function.
class Zipf {
 public:
  explicit Zipf(std::size_t keys) : cumulative_(keys) {
    double sum = 0;
    for (std::size_t k = 0; k < keys; ++k) {
      sum += 1.0 / static_cast<double>(k + 1);
      cumulative_[k] = sum;
    }
  }
  std::uint64_t operator()(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution(0.0, cumulative_.back())(random);
    return static_cast<std::uint64_t>(std::lower_bound(cumulative_.begin(), cumulative_.end(), at) -
                                      cumulative_.begin());
  }

 private:
  std::vector<double> cumulative_;
};

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 31)) * 0x7fb5'd329'728e'a185u;
  return (value ^ (value >> 27)) * 0x81da'def4'bc2d'd44du;
}

}  // namespace

LoadBatch::LoadBatch(const LoadShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const Zipf zipf(shape.skew == Skew::zipf ? shape.keys : 1);
  // Ranks are scattered over the keys, so that neither backend sees hot keys side by side.
  std::vector<std::uint64_t> key_of(shape.keys);
  std::iota(key_of.begin(), key_of.end(), std::uint64_t{0});
  std::shuffle(key_of.begin(), key_of.end(), std::mt19937_64(1));
  const std::int64_t end = shape.panes * pane_length;
  for (std::size_t i = 0; i < shape.events; ++i) {
    const auto due = static_cast<std::int64_t>(i) * end / static_cast<std::int64_t>(shape.events);
    time_.push_back(
        std::clamp<std::int64_t>(due - static_cast<std::int64_t>(random() % 50), 0, end - 1));
    const std::uint64_t rank = shape.skew == Skew::zipf ? zipf(random) : random() % shape.keys;
    const std::uint64_t key = key_of[rank];
    low_.push_back(shape.key_kind == KeyKind::dense ? key : mixed(key + 1));
    if (shape.key_kind == KeyKind::hashed) high_.push_back(mixed(~key) | std::uint64_t{1} << 63);
    value_.push_back(static_cast<std::int64_t>(random() % 20'001) - 10'000);
  }
}

EventColumns LoadBatch::columns() const {
  EventColumns columns;
  columns.size = time_.size();
  columns.time = time_.data();
  columns.key_low = low_.data();
  columns.key_high = high_.empty() ? nullptr : high_.data();
  columns.value_count = 1;
  columns.values[0].bits = value_.data();
  return columns;
}

LoadLimits::LoadLimits(std::uint32_t panes) : columns_(panes) {
  std::iota(columns_.begin(), columns_.end(), ColumnIndex{0});
  limits.window_count = 1;
  limits.windows[0].spec = {pane_length, pane_length, 0};
  limits.grid_count = 1;
  limits.grids[0] = {{0, pane_length}, 0, 1, 0, panes, 0, columns_.data()};
}

RowLayout count_sum_minimum_maximum() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  return lay_out_row(needs);
}

RowLayout count_sum() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0}};
  return lay_out_row(needs);
}

BackendShape load_backend_shape(const RowLayout& layout, std::size_t events, std::size_t keys) {
  BackendShape shape;
  shape.layout = layout;
  shape.max_batch_events = events;
  shape.max_keys = std::max<std::size_t>(4096, 2 * keys);
  shape.max_state_bytes = std::size_t{8} << 30;
  return shape;
}

int run_on_every_backend(int argc, char** argv, void (*add)(BackendKind)) {
  for (const BackendKind kind : available_backends()) add(kind);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace sluice::bench
