/// Closing a sliding window over size / slide x keys, with the programs that the engine sends: a
/// running value for layouts with an inverse (count and sum), two stacks for the others (with
/// minimum and maximum). An iteration closes one window: every key has a row in every pane.
/// Items are emitted rows; bytes are theirs.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_load.hpp"

namespace sluice::bench {
namespace {

using Kind = ColumnStep::Kind;

/// Columns of a sliding window: a ring of panes, one working value, one full pane to copy from.
class SlidingColumns {
 public:
  explicit SlidingColumns(std::uint32_t panes) : panes_(panes) {}

  ColumnIndex pane(std::uint64_t number) const {
    return static_cast<ColumnIndex>(number % (panes_ + 1u));
  }
  ColumnIndex working() const { return panes_ + 1u; }
  ColumnIndex model() const { return panes_ + 2u; }
  std::uint32_t panes() const { return panes_; }

 private:
  std::uint32_t panes_;
};

/// Keeps the sum of the window's panes: adds the new one, takes the oldest out.
class RunningValue {
 public:
  explicit RunningValue(const SlidingColumns& columns) : columns_(columns) {}

  std::vector<ColumnStep> close(std::uint64_t newest) {
    std::vector<ColumnStep> steps{{Kind::combine, columns_.working(), columns_.pane(newest), 0},
                                  {Kind::emit, columns_.working(), no_column, 0}};
    if (newest + 1 >= columns_.panes()) {
      const ColumnIndex oldest = columns_.pane(newest + 1 - columns_.panes());
      steps.push_back({Kind::remove, columns_.working(), oldest, 0});
      steps.push_back({Kind::drop, oldest, no_column, 0});
    }
    return steps;
  }

 private:
  SlidingColumns columns_;
};

/// Keeps sums of the older panes up to a border, in the panes' own columns, and of the newer ones
/// in the working value. When the older ones run out, the border moves to the newest pane.
class TwoStacks {
 public:
  explicit TwoStacks(const SlidingColumns& columns) : columns_(columns) {}

  std::vector<ColumnStep> close(std::uint64_t newest) {
    std::vector<ColumnStep> steps{{Kind::combine, columns_.working(), columns_.pane(newest), 0}};
    const std::uint64_t oldest = newest + 1 >= columns_.panes() ? newest + 1 - columns_.panes() : 0;
    if (oldest >= border_) {
      for (std::uint64_t pane = newest; pane > oldest; --pane) {
        steps.push_back({Kind::combine, columns_.pane(pane - 1), columns_.pane(pane), 0});
      }
      steps.push_back({Kind::reset, columns_.working(), no_column, 0});
      border_ = newest + 1;
    }
    steps.push_back({Kind::emit, columns_.pane(oldest), columns_.working(), 0});
    if (newest + 1 >= columns_.panes()) {
      steps.push_back({Kind::drop, columns_.pane(oldest), no_column, 0});
    }
    return steps;
  }

 private:
  SlidingColumns columns_;
  std::uint64_t border_ = 0;  ///< panes before this hold sums up to it
};

template <class Program>
void close_windows(benchmark::State& state, BackendKind kind, const RowLayout& layout,
                   std::size_t keys, std::uint32_t panes) {
  const auto backend = make_backend(kind, load_backend_shape(layout, keys, keys));
  const SlidingColumns columns(panes);
  LoadLimits limits(1);
  const ColumnIndex model = columns.model();
  limits.limits.grids[0].columns = &model;
  std::vector<EventTime> time(keys, 1);
  std::vector<std::uint64_t> key(keys);
  std::vector<std::int64_t> value(keys);
  for (std::size_t k = 0; k < keys; ++k) {
    key[k] = k;
    value[k] = static_cast<std::int64_t>(k * 7919 % 1000);
  }
  EventColumns events;
  events.size = keys;
  events.time = time.data();
  events.key_low = key.data();
  events.value_count = 1;
  events.values[0].bits = value.data();
  const Ticket ticket = backend->stage(events);
  backend->accumulate(ticket, limits.limits, {});
  backend->release(ticket);

  Program program(columns);
  WindowRows rows;
  const auto close = [&](std::uint64_t newest) {
    const ColumnStep arrive{Kind::combine, columns.pane(newest), model, 0};
    backend->run({&arrive, 1}, {}, {});
    const std::vector<ColumnStep> steps = program.close(newest);
    rows.slots.clear();
    rows.words.clear();
    const auto start = std::chrono::steady_clock::now();
    backend->run(steps, {}, {&rows, 1});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::uint64_t newest = 0;
  while (newest < 2 * panes) close(newest++);
  for (auto _ : state) {
    state.SetIterationTime(close(newest++));
    if (rows.size() != keys) state.SkipWithError("rows are missing");
  }
  const auto emitted = state.iterations() * static_cast<std::int64_t>(keys);
  state.SetItemsProcessed(emitted);
  state.SetBytesProcessed(emitted *
                          static_cast<std::int64_t>(layout.words() * 8 + sizeof(KeySlot)));
  state.SetLabel(backend->device());
}

template <class Program>
void add(BackendKind kind, const std::string& program, const RowLayout& layout, std::size_t keys,
         std::uint32_t panes) {
  const std::string name = "close/" + std::string(name_of(kind)) + "/" + program +
                           "/keys:" + std::to_string(keys) + "/panes:" + std::to_string(panes);
  // Enough windows that the moves of the two stacks' border are shared out evenly.
  benchmark::RegisterBenchmark(
      name.c_str(),
      [=](benchmark::State& state) { close_windows<Program>(state, kind, layout, keys, panes); })
      ->UseManualTime()
      ->MeasureProcessCPUTime()
      ->Iterations(std::max(100u, 2 * panes))
      ->Unit(benchmark::kMillisecond);
}

void add_all(BackendKind kind) {
  for (const std::uint32_t panes : {1u, 10u, 60u, 600u, 3600u}) {
    for (const std::size_t keys : {std::size_t{1'000}, std::size_t{100'000}}) {
      if (keys * panes > 60 * 100'000) continue;
      add<RunningValue>(kind, "running", count_sum(), keys, panes);
      add<TwoStacks>(kind, "stacks", count_sum_minimum_maximum(), keys, panes);
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add_all);
}
