// The whole road, from a source to closed windows in a counting sink: generator, file, Kafka.
// Beside it in the same program stands the loop that one would write by hand. SLUICE_BENCH_KAFKA
// names the bootstrap servers of a broker to measure on; else one runs inside this process, whose
// own work is then part of the CPU time.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "host/command/cpu_time.hpp"
#include "host/command/event_file.hpp"
#include "host/command/kafka/hand_loop.hpp"
#include "host/command/kafka/kafka_load.hpp"
#include "host/command/run.hpp"
#include "host/config/load_job.hpp"
#include "ingest/kafka/kafka_source.hpp"

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
/// The load with this many keys, filled when first asked for: every benchmark of a run reads the
/// same topic.
const KafkaLoad& kafka_load(std::uint64_t keys, KafkaPayload payload = KafkaPayload::json) {
  static std::map<std::pair<std::uint64_t, KafkaPayload>, KafkaLoad> loads;
  const char* const named = std::getenv("SLUICE_BENCH_KAFKA");
  KafkaLoadSettings settings;
  settings.brokers = named == nullptr ? "" : named;
  // On a broker so many that the start counts little.
  settings.events = named == nullptr ? 4'000'000 : 20'000'000;
  if (payload == KafkaPayload::packed) settings.events *= 3;  // as many bytes
  settings.keys = keys;
  settings.payload = payload;
  return loads.try_emplace({keys, payload}, settings).first->second;
}

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

void from_kafka(benchmark::State& state, KafkaFetch fetch) {
  const KafkaLoad& load = kafka_load(static_cast<std::uint64_t>(state.range(0)));
  run(state, load.job(fetch, state.range(1) != 0 ? 1'000 : 10'000), load.events());
}

/// 682 rows a message of 16 KB, decoded as `binary`.
void from_kafka_packed(benchmark::State& state) {
  const KafkaLoad& load =
      kafka_load(static_cast<std::uint64_t>(state.range(0)), KafkaPayload::packed);
  run(state, load.job(KafkaFetch::direct, state.range(1) != 0 ? 1'000 : 10'000), load.events());
}

void baseline_loop(benchmark::State& state) {
  const KafkaLoad& load = kafka_load(static_cast<std::uint64_t>(state.range(0)));
  const double cpu_before = process_cpu_seconds();
  std::uint64_t total = 0;
  for (auto _ : state) {
    const std::uint64_t read = run_hand_loop(load);
    if (read != load.events()) {
      state.SkipWithError("not every event was read");
      return;
    }
    total += read;
  }
  const double cpu = process_cpu_seconds() - cpu_before;
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
  state.counters["cpu_us_per_event"] = cpu * 1e6 / static_cast<double>(total);
}

/// Messages that one lane puts into blocks, until it is finished.
std::uint64_t drain(Source& source, unsigned lane, std::atomic<std::uint64_t>& sequence) {
  constexpr std::size_t block_bytes = std::size_t{8} << 20;
  SourceBlock block;
  block.memory = StagingBlock(new std::byte[block_bytes], block_bytes,
                              [](std::byte* memory) noexcept { delete[] memory; });
  const BlockLimits limits{.max_events = 131'072, .linger = std::chrono::milliseconds(50)};
  std::uint64_t read = 0;
  while (source.fill(lane, block, limits, sequence) != FillResult::finished) {
    read += block.messages.size();
    block.clear();
  }
  return read;
}

/// Only the source: messages lie in blocks, and nothing is made of them.
void fetch_only(benchmark::State& state, KafkaFetch fetch) {
  const KafkaLoad& load = kafka_load(static_cast<std::uint64_t>(state.range(0)));
  const KafkaSettings settings = load.source(fetch);
  const double cpu_before = process_cpu_seconds();
  std::uint64_t read = 0;
  for (auto _ : state) {
    const auto source = make_kafka_source(settings, {});
    std::atomic<std::uint64_t> sequence{0};
    std::vector<std::uint64_t> by_lane(source->lanes());
    std::vector<std::jthread> threads;
    for (unsigned lane = 0; lane < source->lanes(); ++lane) {
      threads.emplace_back([&, lane] { by_lane[lane] = drain(*source, lane, sequence); });
    }
    threads.clear();
    for (const std::uint64_t messages : by_lane) read += messages;
  }
  const double cpu = process_cpu_seconds() - cpu_before;
  if (read != load.events() * static_cast<std::uint64_t>(state.iterations())) {
    state.SkipWithError("not every event was read");
    return;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(read));
  state.counters["cpu_us_per_event"] = cpu * 1e6 / static_cast<double>(read);
}

void each_load(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"keys", "sliding"})
      ->ArgsProduct({{1'000, 100'000}, {0, 1}})
      ->Iterations(1)
      ->Repetitions(3)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void keys_only(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("keys")
      ->Arg(1'000)
      ->Arg(100'000)
      ->Iterations(1)
      ->Repetitions(3)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void one_load(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("keys")->Arg(1'000)->Iterations(1)->Repetitions(3)->UseRealTime()->Unit(
      benchmark::kMillisecond);
}

BENCHMARK(from_generator)->Apply(each_load);
BENCHMARK(from_file)->Apply(each_load);
BENCHMARK_CAPTURE(fetch_only, direct, KafkaFetch::direct)->Apply(one_load);
BENCHMARK_CAPTURE(fetch_only, librdkafka, KafkaFetch::librdkafka)->Apply(one_load);
BENCHMARK_CAPTURE(from_kafka, direct, KafkaFetch::direct)->Apply(each_load);
BENCHMARK_CAPTURE(from_kafka, librdkafka, KafkaFetch::librdkafka)->Apply(each_load);
BENCHMARK(from_kafka_packed)->Apply(each_load);
BENCHMARK(baseline_loop)->Apply(keys_only);

}  // namespace
}  // namespace sluice::bench

BENCHMARK_MAIN();
