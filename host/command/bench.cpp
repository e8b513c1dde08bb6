#include "host/command/bench.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "host/command/behaviour_job.hpp"
#include "host/command/cpu_time.hpp"
#include "host/command/event_file.hpp"
#include "host/command/run.hpp"
#include "host/command/workloads/machine_ceilings.hpp"

namespace sluice {
namespace {

/// What one run took.
struct Measure {
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t events = 0;
};

Job bench_job(std::variant<KafkaSettings, FileSettings, GeneratorSettings> source) {
  Job job = behaviour_job(std::move(source));
  job.pipeline = "bench";
  job.format.framing = Framing::lines;
  job.watermark.max_future.reset();
  job.aggregates.push_back({"least", AggregateFunction::min, 0});
  job.aggregates.push_back({"most", AggregateFunction::max, 0});
  job.listen.clear();
  return job;
}

GeneratorSettings bench_events(const BenchOptions& options) {
  GeneratorSettings generator;
  generator.events = options.events;
  generator.start = 1'700'000'000'000;
  return generator;
}

/// The run with the median of the times.
Measure measure(const Job& job, unsigned runs, Logger& logger, const std::stop_token& stop) {
  std::vector<Measure> measures;
  for (unsigned r = 0; r < runs && !stop.stop_requested(); ++r) {
    const double cpu_before = process_cpu_seconds();
    const RunSummary summary = run_job(job, {.once = true}, logger, stop);
    measures.push_back({.seconds = summary.seconds,
                        .cpu_seconds = process_cpu_seconds() - cpu_before,
                        .events = summary.books.events_read});
  }
  if (measures.empty()) throw std::runtime_error("stopped before the first run ended");
  const auto middle = measures.begin() + static_cast<std::ptrdiff_t>(measures.size() / 2);
  std::nth_element(measures.begin(), middle, measures.end(),
                   [](const Measure& a, const Measure& b) { return a.seconds < b.seconds; });
  return *middle;
}

void print_row(const char* name, const Measure& run, std::uint64_t bytes, double ceiling) {
  const auto events = static_cast<double>(run.events);
  const double rate = static_cast<double>(bytes) / run.seconds;
  std::printf("%-28s %12.2f %12.2f %12.0f %11.1f%%\n", name, events / run.seconds / 1e6, rate / 1e9,
              run.cpu_seconds / events * 1e9, 100 * rate / ceiling);
}

}  // namespace

void run_bench(const BenchOptions& options, Logger& logger, std::stop_token stop) {
  const GeneratorSettings settings = bench_events(options);
  const EventFile file(settings);
  const double ceiling = measure_ceilings().read_all;
  std::printf("%u cores, memory read %.1f GB/s, %llu events of %.0f bytes, median of %u runs\n\n",
              std::thread::hardware_concurrency(), ceiling / 1e9,
              static_cast<unsigned long long>(settings.events),
              static_cast<double>(file.bytes()) / static_cast<double>(settings.events),
              options.runs);
  std::printf("%-28s %12s %12s %12s %12s\n", "JSON, 1 s and 10 s by 1 s", "M events/s", "GB/s",
              "CPU ns/event", "of memory");
  print_row("generator", measure(bench_job(settings), options.runs, logger, stop), file.bytes(),
            ceiling);
  print_row("file", measure(bench_job(FileSettings{{file.path()}}), options.runs, logger, stop),
            file.bytes(), ceiling);
}

}  // namespace sluice
