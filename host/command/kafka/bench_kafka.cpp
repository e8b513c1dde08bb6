#include "host/command/kafka/bench_kafka.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include "host/command/cpu_time.hpp"
#include "host/command/kafka/hand_loop.hpp"
#include "host/command/kafka/kafka_load.hpp"
#include "host/command/run.hpp"

namespace sluice {
namespace {

constexpr Milliseconds tumbling = 10'000;
constexpr Milliseconds sliding = 1'000;

enum Stage : std::size_t { fetch, decompress, decode, accumulate, close, other };
constexpr std::array<const char*, 6> stage_names{"fetch",      "decompress", "decode",
                                                 "accumulate", "close",      "other"};

/// What one run took, seconds.
struct Measure {
  std::uint64_t events = 0;
  double wall = 0;
  std::array<double, stage_names.size()> cpu{};  ///< by Stage

  double cpu_in_all() const { return std::accumulate(cpu.begin(), cpu.end(), 0.0); }
};

struct Case {
  std::string name;
  const KafkaLoad& load;
  std::function<Measure()> run;
};

/// CPU time of this process without the broker inside it.
double own_cpu_seconds() { return process_cpu_seconds() - thread_cpu_seconds_of("rdk:mock"); }

/// The wall clock's seconds of the stages that bring a batch into the rows (on the CPU backend).
double accumulate_seconds(const BackendStatus& status) {
  double seconds = 0;
  for (const KernelStatistics& kernel : status.kernels) {
    const bool closes = kernel.name == "close";
    seconds += closes ? 0 : kernel.seconds;
  }
  return seconds;
}

Measure run_sluice_job(const KafkaLoad& load, KafkaFetch way, Milliseconds slide, Logger& logger,
                       const std::stop_token& stop) {
  const double before = own_cpu_seconds();
  const RunSummary summary = run_job(load.job(way, slide), {.once = true}, logger, stop);
  const double in_all = own_cpu_seconds() - before;
  if (summary.books.events_accepted != load.events()) {
    throw std::runtime_error("of " + std::to_string(load.events()) + " events only " +
                             std::to_string(summary.books.events_accepted) + " were accepted");
  }
  Measure measure{.events = load.events(), .wall = summary.seconds};
  auto& cpu = measure.cpu;
  cpu[fetch] = summary.cpu.fetch;
  cpu[decompress] = summary.cpu.decompress;
  cpu[decode] = summary.cpu.decode;
  const double engine = summary.cpu.compute + summary.status.worker_cpu_seconds;
  const double part = accumulate_seconds(summary.status) / std::max(summary.compute_seconds, 1e-9);
  cpu[accumulate] = engine * std::min(part, 1.0);
  cpu[close] = engine - cpu[accumulate];
  const double rest = std::max(in_all - measure.cpu_in_all(), 0.0);
  // librdkafka fetches in threads of its own, which decompress too.
  cpu[way == KafkaFetch::librdkafka ? fetch : other] += rest;
  return measure;
}

Measure run_loop(const KafkaLoad& load) {
  const double before = own_cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  Measure measure{.events = run_hand_loop(load)};
  measure.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  measure.cpu[other] = own_cpu_seconds() - before;
  if (measure.events != load.events()) throw std::runtime_error("the loop lost events");
  return measure;
}

/// The run with the median CPU time.
Measure median(const Case& of, unsigned runs, const std::stop_token& stop) {
  std::vector<Measure> measures;
  for (unsigned r = 0; r < runs && !stop.stop_requested(); ++r) measures.push_back(of.run());
  if (stop.stop_requested()) throw std::runtime_error("stopped before the last run ended");
  const auto middle = measures.begin() + static_cast<std::ptrdiff_t>(measures.size() / 2);
  std::nth_element(measures.begin(), middle, measures.end(),
                   [](const auto& a, const auto& b) { return a.cpu_in_all() < b.cpu_in_all(); });
  return *middle;
}

void print_heading(const BenchKafkaOptions& options) {
  std::printf(
      "%u cores, %llu events a topic, %s; median of %u runs; CPU us an event\n"
      "JSON of about 63 bytes, one a message, lz4; packed: 682 binary rows a message, three times "
      "as many\n\n%-34s",
      std::thread::hardware_concurrency(), static_cast<unsigned long long>(options.events),
      options.brokers.empty() ? "broker in this process (its CPU time left out)"
                              : options.brokers.c_str(),
      options.runs, "");
  for (const char* const name : stage_names) std::printf("%13s", name);
  std::printf("%8s%12s\n", "all", "M events/s");
}

void print_row(const std::string& name, const Measure& run) {
  const auto events = static_cast<double>(run.events);
  const double all = run.cpu_in_all();
  std::printf("%-34s", name.c_str());
  for (const double seconds : run.cpu) {
    std::printf("%8.4f %3.0f%%", seconds * 1e6 / events, 100 * seconds / all);
  }
  std::printf("%8.4f%12.2f\n", all * 1e6 / events, events / run.wall / 1e6);
  std::fflush(stdout);
}

std::string json_of(const Case& of, const Measure& run) {
  const auto events = static_cast<double>(run.events);
  std::string json =
      "    {\"name\": \"" + of.name + "\", \"keys\": " + std::to_string(of.load.keys()) +
      ", \"events_per_second\": " + std::to_string(events / run.wall) + ", \"cpu_us_per_event\": {";
  for (std::size_t s = 0; s < stage_names.size(); ++s) {
    json += std::string(s == 0 ? "" : ", ") + '"' + stage_names[s] +
            "\": " + std::to_string(run.cpu[s] * 1e6 / events);
  }
  return json + "}}";
}

void write_json(const BenchKafkaOptions& options, const std::vector<std::string>& rows) {
  std::ofstream file(options.json_path, std::ios::trunc);
  file << "{\n  \"cores\": " << std::thread::hardware_concurrency()
       << ",\n  \"events\": " << options.events
       << ",\n  \"embedded_broker\": " << (options.brokers.empty() ? "true" : "false")
       << ",\n  \"runs\": " << options.runs << ",\n  \"cases\": [\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    file << rows[i] << (i + 1 < rows.size() ? ",\n" : "\n");
  }
  file << "  ]\n}\n";
  if (!file.flush()) throw std::runtime_error(options.json_path + " cannot be written");
}

}  // namespace

void run_bench_kafka(const BenchKafkaOptions& options, Logger& logger, std::stop_token stop) {
  std::vector<std::string> rows;
  const auto show = [&](const Case& each) {
    const Measure measure = median(each, options.runs, stop);
    print_row(each.name + ", " + std::to_string(each.load.keys()) + " keys", measure);
    rows.push_back(json_of(each, measure));
  };
  const auto job = [&](const KafkaLoad& load, KafkaFetch way, Milliseconds slide) {
    return [&load, way, slide, &logger, &stop] {
      return run_sluice_job(load, way, slide, logger, stop);
    };
  };
  print_heading(options);
  for (const std::uint64_t keys : options.keys) {
    const KafkaLoad json({.brokers = options.brokers, .events = options.events, .keys = keys});
    show({"direct", json, job(json, KafkaFetch::direct, tumbling)});
    show({"direct, sliding", json, job(json, KafkaFetch::direct, sliding)});
    show({"librdkafka", json, job(json, KafkaFetch::librdkafka, tumbling)});
    show({"by hand", json, [&json] { return run_loop(json); }});
    // As many bytes, so that the start counts as little.
    const KafkaLoad packed({.brokers = options.brokers,
                            .events = 3 * options.events,
                            .keys = keys,
                            .payload = KafkaPayload::packed});
    show({"direct, packed", packed, job(packed, KafkaFetch::direct, tumbling)});
  }
  if (!options.json_path.empty()) write_json(options, rows);
}

}  // namespace sluice
