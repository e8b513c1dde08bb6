/// Closing a sliding window over keys x size / slide x aggregates, with the programs that the
/// engine sends. An iteration closes one window and lets go of its oldest pane: every key has a row
/// in every pane. Items are emitted rows; bytes are theirs. panes:1 is a tumbling window.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_bench.hpp"
#include "bench/backend_load.hpp"
#include "bench/kernel_counters.hpp"
#include "host/engine/window_values.hpp"

namespace sluice::bench {
namespace {

using Kind = ColumnStep::Kind;

struct Case {
  BackendKind kind = BackendKind::cpu;
  Aggregates aggregates = Aggregates::count_sum;
  std::size_t keys = 0;
  std::uint32_t panes = 1;  ///< of a window: size / slide
};

/// One definition's windows, one pane after the other.
class SlidingWindow {
 public:
  SlidingWindow(const RowLayout& layout, std::uint32_t panes)
      : spec_{panes * pane_length, pane_length, 0},
        grid_{0, pane_length},
        values_(spec_, grid_, layout.invertible, columns_),
        model_(columns_.take()) {}

  /// A column that is full and stays so: panes are copied from it.
  ColumnIndex model() const { return model_; }

  std::vector<ColumnStep> arrive() {
    const ColumnIndex column = columns_.take();
    panes_.add(++newest_, column);
    return {{Kind::combine, column, model_, 0}};
  }

  /// What the engine runs when the watermark has passed the newest pane: the window closes, the
  /// oldest pane goes, the newest is sealed.
  std::vector<ColumnStep> slide() {
    std::vector<ColumnStep> steps;
    values_.close(start_of_window(), panes_, 0, steps);
    const PaneIndex live_from = grid_.pane_of(start_of_window() + spec_.slide);
    values_.forget_before(live_from, panes_, steps);
    while (!panes_.empty() && panes_.first() < live_from) {
      const ColumnIndex column = panes_.remove(panes_.first());
      steps.push_back({Kind::drop, column, no_column, 0});
      columns_.give_back(column);
    }
    if (values_.method() != WindowValues::Method::direct) {
      steps.push_back({Kind::seal, panes_[newest_], no_column, 0});
    }
    return steps;
  }

 private:
  EventTime start_of_window() const { return (newest_ + 1) * pane_length - spec_.size; }

  WindowSpec spec_;
  PaneGrid grid_;
  ColumnPool columns_;
  WindowValues values_;
  ColumnIndex model_;
  PaneColumns panes_;
  PaneIndex newest_ = -1;
};

/// Gives every key a row in `column`.
void fill(Backend& backend, std::size_t keys, ColumnIndex column) {
  const LoadShape shape{.events = keys, .keys = keys, .spread = Spread::sequential};
  const LoadBatch batch(shape, 0, pageable_block(LoadBatch::bytes_needed(shape)));
  LoadLimits limits(1);
  limits.limits.grids[0].columns = &column;
  const Ticket ticket = backend.stage(batch.columns());
  backend.accumulate(ticket, limits.limits, {});
  backend.release(ticket);
}

void close_windows(benchmark::State& state, const Case& c) {
  const RowLayout layout = row_layout_of(c.aggregates);
  const auto backend = make_backend(c.kind, load_backend_shape(c.kind, layout, c.keys, c.keys));
  SlidingWindow window(layout, c.panes);
  fill(*backend, c.keys, window.model());

  EmittedRows rows;
  for (std::uint32_t pane = 0; pane < c.panes; ++pane) {  // as below, but nobody takes the rows
    backend->run(window.arrive(), {}, 0, rows);
    std::vector<ColumnStep> steps = window.slide();
    std::erase_if(steps, [](const ColumnStep& step) { return step.kind == Kind::emit; });
    backend->run(steps, {}, 0, rows);
  }
  const KernelCounters kernels(*backend);
  for (auto _ : state) {
    backend->run(window.arrive(), {}, 0, rows);
    const auto start = std::chrono::steady_clock::now();
    backend->run(window.slide(), {}, 1, rows);
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (rows.rows_of(0) != c.keys) {
      state.SkipWithError("rows are missing");
      return;
    }
  }
  const auto emitted = state.iterations() * static_cast<std::int64_t>(c.keys);
  state.SetItemsProcessed(emitted);
  state.SetBytesProcessed(emitted *
                          static_cast<std::int64_t>(layout.words() * 8 + sizeof(KeySlot)));
  state.counters["state_bytes"] = static_cast<double>(backend->status().state_bytes);
  kernels.report(state);
  state.SetLabel(backend->device());
}

/// Whether panes and working values fit, stored as they are: sealed ones take less.
bool fits(const Case& c) {
  const RowLayout layout = row_layout_of(c.aggregates);
  const std::size_t row = layout.words() * sizeof(std::uint64_t);
  const std::size_t columns = (layout.invertible ? 1u : 2u) * std::size_t{c.panes} + 3;
  return columns * c.keys * row <
         load_backend_shape(c.kind, layout, c.keys, c.keys).max_state_bytes * 9 / 10;
}

void add(const Case& c) {
  const std::string name = "close/" + std::string(sluice::name_of(c.kind)) + "/" +
                           std::string(name_of(c.aggregates)) + "/keys:" + std::to_string(c.keys) +
                           "/panes:" + std::to_string(c.panes);
  benchmark::RegisterBenchmark(
      name.c_str(),
      [c](benchmark::State& state) { run_or_skip(state, [&] { close_windows(state, c); }); })
      ->UseManualTime()
      ->MeasureProcessCPUTime()
      ->Iterations(std::max(100u, c.panes))  // a whole round of what is done once in a while
      ->Unit(benchmark::kMillisecond);
}

void add_all(BackendKind kind, BenchSet set) {
  using enum Aggregates;
  const bool full = set == BenchSet::full;
  for (const Aggregates aggregates : {count, count_sum, count_sum_min_max}) {
    if (!full && aggregates == count) continue;
    for (const std::size_t keys :
         {std::size_t{1'000}, std::size_t{100'000}, std::size_t{1'000'000}}) {
      for (const std::uint32_t panes : {1u, 10u, 60u, 600u, 3600u}) {
        const Case c{kind, aggregates, keys, panes};
        const bool quick = keys * panes <= 60 * 100'000 && keys < 1'000'000;
        if (fits(c) && (full || quick)) add(c);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add_all);
}
