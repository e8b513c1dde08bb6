/// How the CPU backend grows, from columns in staging memory through the engine to closed windows
/// in a counting sink: with keys, with panes a window, with threads. 12 bytes an event with integer
/// keys, 24 with hashed ones. Items are events.
///
/// keys    tumbling windows of 8 M events
/// panes   10,000 keys, 100,000 events a slide; windows of 1 to 3,600 slides
/// targets the CPU backend's targets: 16 bytes an event with integer keys, 28 with hashed ones
/// hour    100,000 keys, 1,000,000 events a second; 1 s by 1 s and an hour by 1 s
/// definitions 10,000 keys, 100,000 events a second; tumbling windows of 1, 2, 4 ... s in one job

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_load.hpp"
#include "bench/column_engine.hpp"
#include "bench/kernel_counters.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t million = 1'000'000;
constexpr std::size_t batches_beyond_caches = 16;

struct Case {
  std::string family;
  LoadShape shape;
  std::uint32_t batches_a_slide = 1;
  std::uint32_t panes = 1;        ///< slides a window
  std::uint32_t definitions = 1;  ///< tumbling, each twice as long as the one before it
  Aggregates aggregates = Aggregates::count_sum;
  unsigned threads = 1;
  friend bool operator==(const Case&, const Case&) = default;
};

std::vector<Aggregate> aggregates_of(Aggregates aggregates) {
  std::vector<Aggregate> all{{"n", AggregateFunction::count, {}},
                             {"total", AggregateFunction::sum, std::uint8_t{0}}};
  if (aggregates == Aggregates::count_sum_min_max) {
    all.push_back({"least", AggregateFunction::min, std::uint8_t{0}});
    all.push_back({"most", AggregateFunction::max, std::uint8_t{0}});
  }
  return all;
}

Job job_of(const Case& c) {
  const Milliseconds slide = c.batches_a_slide * pane_length;
  Job job = column_job({.size = c.panes * slide, .slide = slide}, aggregates_of(c.aggregates));
  for (std::uint32_t more = 1; more < c.definitions; ++more) {
    const Milliseconds size = slide << more;
    job.windows.push_back({"w" + std::to_string(more), {.size = size, .slide = size}});
  }
  job.engine.batch_events = c.shape.events;
  job.engine.max_keys = std::max<std::size_t>(2 * c.shape.keys, 1'024);
  job.engine.max_state_bytes = load_backend_shape(BackendKind::cpu, row_layout_of(c.aggregates),
                                                  c.shape.events, c.shape.keys)
                                   .max_state_bytes;
  job.engine.threads = c.threads;
  return job;
}

/// The engine of a case and the events that it is fed, one second a batch.
class Growth {
 public:
  explicit Growth(const Case& c)
      : case_(c),
        job_(job_of(c)),
        engine_(BackendKind::cpu, job_,
                [this](const WindowResult& result) { rows_ += result.size(); }),
        batches_(make_batches(c.shape, batches_beyond_caches, &engine_.backend())) {
    fill_window();
  }

  void process_slide() {
    for (std::uint32_t b = 0; b < case_.batches_a_slide; ++b, ++second_) {
      process(batches_[static_cast<std::size_t>(second_) % batches_.size()]);
    }
  }

  const Case& of() const { return case_; }
  std::uint64_t rows() const { return rows_; }
  const Backend& backend() const { return engine_.backend(); }

 private:
  /// Every key has a row in every pane of the first window.
  void fill_window() {
    LoadShape shape = case_.shape;
    shape.spread = Spread::sequential;
    shape.events = std::min(shape.events, shape.keys);
    std::vector<LoadBatch> every_key;
    for (std::size_t first = 0; first < shape.keys; first += shape.events) {
      every_key.emplace_back(shape, first, pageable_block(LoadBatch::bytes_needed(shape)));
    }
    for (std::uint32_t pane = 0; pane < case_.panes; ++pane, ++second_) {
      for (const LoadBatch& batch : every_key) process(batch);
    }
    process_slide();
  }

  void process(const LoadBatch& batch) {
    const EventTime start = second_ * pane_length;
    engine_.process(batch.columns(start), start, start + pane_length - 1);
  }

  Case case_;
  Job job_;
  std::uint64_t rows_ = 0;
  ColumnEngine engine_;
  std::vector<LoadBatch> batches_;
  std::int64_t second_ = 0;
};

/// Google Benchmark calls a benchmark several times: its engine is kept until another case comes.
using Kept = std::shared_ptr<std::unique_ptr<Growth>>;

void measure(benchmark::State& state, const Case& c, const Kept& kept) {
  if (!*kept || (*kept)->of() != c) {
    kept->reset();
    *kept = std::make_unique<Growth>(c);
  }
  Growth& growth = **kept;
  const std::uint64_t rows_before = growth.rows();
  for (auto _ : state) growth.process_slide();
  const auto events =
      state.iterations() * static_cast<std::int64_t>(c.batches_a_slide * c.shape.events);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * static_cast<std::int64_t>(c.shape.event_bytes));
  state.counters["rows_a_second"] = benchmark::Counter(
      static_cast<double>(growth.rows() - rows_before), benchmark::Counter::kIsRate);
  state.counters["state_bytes"] = static_cast<double>(growth.backend().status().state_bytes);
  state.SetLabel(growth.backend().device());
}

void add(const Case& c, const Kept& kept) {
  const std::string name =
      "growth/" + c.family + "/keys:" + std::to_string(c.shape.keys) +
      "/panes:" + std::to_string(c.panes) +
      (c.definitions > 1 ? "/definitions:" + std::to_string(c.definitions) : "") + '/' +
      std::string(name_of(c.shape.spread)) + '/' + std::string(name_of(c.shape.key_kind)) + '/' +
      std::string(name_of(c.aggregates)) + "/threads:" + std::to_string(c.threads);
  auto* const made = benchmark::RegisterBenchmark(name.c_str(), [c, kept](benchmark::State& state) {
    run_or_skip(state, [&] { measure(state, c, kept); });
  });
  made->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
  // Two stacks are turned over once a window: a whole round of that.
  if (c.aggregates == Aggregates::count_sum_min_max && c.panes > 1) {
    made->Iterations(std::max(600u, c.panes));
  }
}

void add_keys(unsigned threads, const Kept& kept) {
  for (const KeyKind kind : {KeyKind::dense, KeyKind::hashed}) {
    for (std::size_t keys = 10; keys <= 10 * million; keys *= 10) {
      add({.family = "keys",
           .shape = {.events = million,
                     .keys = keys,
                     .key_kind = kind,
                     .event_bytes = kind == KeyKind::dense ? 12u : 24u},
           .batches_a_slide = 8,
           .threads = threads},
          kept);
    }
  }
}

void add_panes(unsigned threads, const Kept& kept) {
  for (const Aggregates aggregates : {Aggregates::count_sum, Aggregates::count_sum_min_max}) {
    for (const std::uint32_t panes : {1u, 10u, 60u, 600u, 3'600u}) {
      add({.family = "panes",
           .shape = {.events = 100'000, .keys = 10'000, .event_bytes = 12},
           .panes = panes,
           .aggregates = aggregates,
           .threads = threads},
          kept);
    }
  }
}

void add_targets(unsigned threads, const Kept& kept) {
  const auto add_target = [&](KeyKind kind, std::size_t keys, Spread spread,
                              Aggregates aggregates) {
    add({.family = "targets",
         .shape = {.events = million,
                   .keys = keys,
                   .spread = spread,
                   .key_kind = kind,
                   .event_bytes = kind == KeyKind::dense ? 16u : 28u},
         .batches_a_slide = 8,
         .aggregates = aggregates,
         .threads = threads},
        kept);
  };
  add_target(KeyKind::dense, 100, Spread::uniform, Aggregates::count_sum);
  for (const std::size_t keys : {std::size_t{10'000}, std::size_t{100'000}, million}) {
    add_target(KeyKind::dense, keys, Spread::uniform, Aggregates::count_sum_min_max);
    add_target(KeyKind::dense, keys, Spread::half_on_one, Aggregates::count_sum_min_max);
  }
  for (const std::size_t keys : {std::size_t{100}, std::size_t{100'000}, million}) {
    add_target(KeyKind::hashed, keys, Spread::uniform, Aggregates::count_sum_min_max);
  }
}

void add_hour(unsigned threads, const Kept& kept) {
  for (const Aggregates aggregates : {Aggregates::count_sum, Aggregates::count_sum_min_max}) {
    for (const std::uint32_t panes : {1u, 3'600u}) {
      add({.family = "hour",
           .shape = {.events = million, .keys = 100'000, .event_bytes = 12},
           .panes = panes,
           .aggregates = aggregates,
           .threads = threads},
          kept);
    }
  }
}

void add_definitions(unsigned threads, const Kept& kept) {
  for (const std::uint32_t definitions : {1u, 2u, 4u, 8u}) {
    add({.family = "definitions",
         .shape = {.events = 100'000, .keys = 10'000, .event_bytes = 12},
         .definitions = definitions,
         .threads = threads},
        kept);
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const auto kept = std::make_shared<std::unique_ptr<sluice::bench::Growth>>();
  for (const unsigned threads : {1u, 2u}) {
    sluice::bench::add_keys(threads, kept);
    sluice::bench::add_panes(threads, kept);
  }
  sluice::bench::add_targets(2, kept);
  sluice::bench::add_hour(2, kept);
  sluice::bench::add_definitions(2, kept);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
