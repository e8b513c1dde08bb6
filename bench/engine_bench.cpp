/// From columns in pinned host memory to the rows of closed windows in host memory: batches are
/// staged while those before them are computed, the watermark moves, windows close, their values
/// are lowered and published to nobody. Items are events, bytes those of their columns.

#include "host/engine/engine.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_bench.hpp"
#include "bench/backend_load.hpp"
#include "bench/kernel_counters.hpp"
#include "host/engine/lowering.hpp"
#include "ingest/key.hpp"

namespace sluice::bench {
namespace {

struct Case {
  BackendKind kind = BackendKind::cpu;
  WindowSpec window;
  Aggregates aggregates = Aggregates::count_sum;
  LoadShape shape;  ///< of a batch: one pane of event time
  friend bool operator==(const Case& a, const Case& b) {
    return a.kind == b.kind && a.window.size == b.window.size && a.window.slide == b.window.slide &&
           a.aggregates == b.aggregates && a.shape == b.shape;
  }
};

std::string name_of(const Case& c) {
  return "engine/" + std::string(sluice::name_of(c.kind)) +
         "/events:" + std::to_string(c.shape.events) + "/keys:" + std::to_string(c.shape.keys) +
         "/size:" + std::to_string(c.window.size / 1000) +
         "/slide:" + std::to_string(c.window.slide / 1000) + "/" +
         std::string(name_of(c.aggregates)) + "/" + std::string(name_of(c.shape.key_kind)) +
         "/bytes:" + std::to_string(c.shape.event_bytes);
}

Job job_of(const Case& c) {
  using enum AggregateFunction;
  Job job;
  job.windows = {{"w", c.window}};
  job.aggregates = {{"n", count, {}}};
  if (c.aggregates != Aggregates::count) {
    job.format.values.resize(1);
    job.format.values[0].name = "v";
    job.format.values[0].type = ValueType::int64;
    job.format.values[0].required = true;
    job.aggregates.push_back({"total", sum, std::uint8_t{0}});
  }
  if (c.aggregates == Aggregates::count_sum_min_max) {
    job.aggregates.push_back({"least", min, std::uint8_t{0}});
    job.aggregates.push_back({"most", max, std::uint8_t{0}});
  }
  job.watermark.out_of_orderness = 0;
  job.watermark.max_future.reset();
  return job;
}

/// An engine in the middle of a stream: windows open and close all the time.
class RunningEngine {
 public:
  explicit RunningEngine(const Case& c) : case_(c), job_(job_of(c)) {
    BackendShape shape = load_backend_shape(c.kind, layout_of(job_), c.shape.events, c.shape.keys);
    shape.batches_in_flight = in_flight;
    backend_ = make_backend(c.kind, shape);
    batches_ = make_batches(c.shape, distinct_batches, backend_.get());
    engine_ = std::make_unique<Engine>(
        job_, 1, *backend_, [this](const WindowResult& result) { rows_ += result.size(); });
    const auto panes = static_cast<std::size_t>(c.window.size / pane_length);
    for (std::size_t b = 0; b < 2 * panes + distinct_batches; ++b) feed();
  }

  /// Takes the next batch in and closes what it closes.
  void feed() {
    while (staged_.size() < in_flight) {
      staged_.push_back(backend_->stage(columns(next_ + staged_.size())));
    }
    const EventColumns events = columns(next_);
    EngineBatch batch;
    batch.ticket = staged_.front();
    batch.size = events.size;
    batch.min_time = events.time.base;
    batch.max_time = events.time.base + pane_length - 1;
    batch.lane_partitions = partitions_;
    batch.name_keys = [&](std::span<const FirstSeenKey> keys, KeyNames& names) {
      for (const FirstSeenKey& seen : keys) {
        std::string key;
        append_key_column(key, static_cast<std::int64_t>(events.key.low_of(seen.event)));
        names.set(seen.slot, std::move(key));
      }
    };
    batch.park = [](std::span<const std::uint32_t>) -> EventTime {
      throw std::runtime_error("the state is too small");
    };
    engine_->process(batch);
    backend_->release(staged_.front());
    staged_.pop_front();
    ++next_;
  }

  const Case& of() const { return case_; }
  const Backend& backend() const { return *backend_; }
  const Books& books() const { return engine_->books(); }
  std::uint64_t rows() const { return rows_; }

 private:
  static constexpr std::size_t in_flight = 3;
  static constexpr std::size_t distinct_batches = 12;

  EventColumns columns(std::size_t number) const {
    return batches_[number % batches_.size()].columns(static_cast<EventTime>(number) * pane_length);
  }

  Case case_;
  Job job_;
  std::unique_ptr<Backend> backend_;
  std::vector<LoadBatch> batches_;
  std::unique_ptr<Engine> engine_;
  std::vector<PartitionIndex> partitions_{0};
  std::deque<Ticket> staged_;
  std::size_t next_ = 0;
  std::uint64_t rows_ = 0;
};

/// Google Benchmark calls a benchmark several times: the engine runs on until another case comes.
using Kept = std::shared_ptr<std::unique_ptr<RunningEngine>>;

void measure(benchmark::State& state, const Case& c, const Kept& kept) {
  std::unique_ptr<RunningEngine>& engine = *kept;
  if (!engine || !(engine->of() == c)) {
    engine.reset();
    engine = std::make_unique<RunningEngine>(c);
  }
  const KernelCounters kernels(engine->backend());
  const std::uint64_t rows_before = engine->rows();
  for (auto _ : state) engine->feed();
  const Books& books = engine->books();
  if (books.events_accepted != books.events_read) state.SkipWithError("events were not accepted");
  const auto events = state.iterations() * static_cast<std::int64_t>(c.shape.events);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * static_cast<std::int64_t>(c.shape.event_bytes));
  state.counters["rows_per_event"] =
      static_cast<double>(engine->rows() - rows_before) / static_cast<double>(events);
  kernels.report(state);
  state.SetLabel(engine->backend().device());
}

void add(const Case& c, const Kept& kept) {
  benchmark::RegisterBenchmark(
      name_of(c).c_str(),
      [c, kept](benchmark::State& state) { run_or_skip(state, [&] { measure(state, c, kept); }); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
}

/// Host memory to closed windows, by the width of an event.
void add_widths(BackendKind kind, bool full, const Kept& kept) {
  for (const std::size_t keys : {std::size_t{1'000}, std::size_t{100'000}}) {
    for (const unsigned bytes : {8u, 12u, 16u, 24u}) {
      if (!full && (keys != 1'000 || bytes != 16)) continue;
      Case c;
      c.kind = kind;
      c.window = {10 * pane_length, 10 * pane_length, 0};
      c.shape = {.events = 1'000'000, .keys = keys, .event_bytes = bytes};
      // The widest event with narrow times, which a stream's batches need here, has a hashed key.
      if (bytes == 24) c.shape.key_kind = KeyKind::hashed;
      if (bytes == 8) c.aggregates = Aggregates::count;
      add(c, kept);
    }
  }
}

/// An hour sliding by a second beside a second: what a slide costs.
void add_slides(BackendKind kind, bool full, const Kept& kept) {
  for (const Aggregates aggregates : {Aggregates::count_sum, Aggregates::count_sum_min_max}) {
    for (const Milliseconds panes : {1, 60, 3600}) {
      if (!full && panes == 3600) continue;
      Case c;
      c.kind = kind;
      c.window = {panes * pane_length, pane_length, 0};
      c.aggregates = aggregates;
      c.shape = {.events = full ? std::size_t{1'000'000} : std::size_t{100'000},
                 .keys = full ? std::size_t{10'000} : std::size_t{1'000},
                 .event_bytes = 16};
      add(c, kept);
    }
  }
}

void add_all(BackendKind kind, BenchSet set) {
  const auto kept = std::make_shared<std::unique_ptr<RunningEngine>>();
  add_widths(kind, set == BenchSet::full, kept);
  add_slides(kind, set == BenchSet::full, kept);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add_all);
}
