// The whole road, from a source to closed windows in a counting sink: generator, file, Kafka.
// Beside it in the same program stands the hand-written loop (baseline_loop.cpp).
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/kafka_load.hpp"
#include "host/command/event_file.hpp"
#include "host/command/run.hpp"
#include "host/config/load_job.hpp"

namespace sluice::bench {
namespace {

constexpr std::uint64_t events_in_file = 10'000'000;

const char* const tumbling = "{name: w, type: tumbling, size: 10s}";
const char* const sliding = "{name: w, type: sliding, size: 10s, slide: 1s}";

/// count, sum, min and max by user; the source and format sections are given.
Job job_of(const std::string& source, const std::string& format, bool slides) {
  return parse_job("pipeline: bench\nsource: " + source + "\nformat: " + format +
                       "\nwatermark: {out_of_orderness: 1s, max_future: off}\nwindows:\n  - " +
                       (slides ? sliding : tumbling) +
                       "\naggregates:\n  - {as: n, fn: count}\n  - {as: total, fn: sum, of: v}\n"
                       "  - {as: least, fn: min, of: v}\n  - {as: most, fn: max, of: v}\n"
                       "sinks: []\nhttp: {listen: off}\n",
                   "bench");
}

const char* const behaviour_format =
    "{type: json, event_time: {field: time, unit: ms}, key: {field: user_id, type: string}, "
    "values: {v: {field: behaviour_value, type: decimal(2)}}}";
const char* const kafka_format =
    "{type: json, event_time: {field: ts, unit: ms}, key: {field: user_id, type: string}, "
    "values: {v: {field: amount, type: int64}}}";

void run(benchmark::State& state, const Job& job, std::uint64_t events) {
  Logger logger(LogFormat::logfmt, LogLevel::error);
  const double cpu_before = process_cpu_seconds();
  std::uint64_t read = 0;
  std::uint64_t rows = 0;
  for (auto _ : state) {
    const RunSummary summary = run_job(job, {.once = true}, logger, {});
    if (summary.books.events_read != events || !summary.books.balance()) {
      state.SkipWithError("not every event was read, or the books do not balance");
      return;
    }
    read += summary.books.events_read;
    rows += summary.books.rows_emitted;
  }
  const double cpu = process_cpu_seconds() - cpu_before;
  state.SetItemsProcessed(static_cast<std::int64_t>(read));
  state.counters["cpu_us_per_event"] = cpu * 1e6 / static_cast<double>(read);
  state.counters["rows"] = static_cast<double>(rows);
}

void from_generator(benchmark::State& state) {
  const std::string source = "{type: generator, events: " + std::to_string(events_in_file) +
                             ", start: 1700000000000, keys: " + std::to_string(state.range(0)) +
                             "}";
  run(state, job_of(source, behaviour_format, state.range(1) != 0), events_in_file);
}

void from_file(benchmark::State& state) {
  GeneratorSettings settings;
  settings.events = events_in_file;
  settings.start = 1'700'000'000'000;
  settings.keys = static_cast<std::uint64_t>(state.range(0));
  const EventFile file(settings);
  run(state,
      job_of("{type: file, path: " + file.path() + "}", behaviour_format, state.range(1) != 0),
      events_in_file);
  state.SetBytesProcessed(static_cast<std::int64_t>(file.bytes()) *
                          static_cast<std::int64_t>(state.iterations()));
}

/// With an embedded broker its own work is part of the CPU time.
void from_kafka(benchmark::State& state) {
  const KafkaLoad& load = kafka_load(static_cast<std::uint64_t>(state.range(0)));
  const std::string source =
      "{type: kafka, start: earliest, brokers: \"" + load.brokers() + "\", topics: [" +
      load.topic() + "], properties: {fetch.wait.max.ms: " + (load.embedded() ? "10" : "100") +
      "}}";
  run(state, job_of(source, kafka_format, state.range(1) != 0), load.events());
}

void each_load(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"keys", "sliding"})
      ->ArgsProduct({{1'000, 100'000}, {0, 1}})
      ->Iterations(1)
      ->Repetitions(3)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

BENCHMARK(from_generator)->Apply(each_load);
BENCHMARK(from_file)->Apply(each_load);
BENCHMARK(from_kafka)->Apply(each_load);

}  // namespace
}  // namespace sluice::bench
