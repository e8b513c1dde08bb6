#include "host/command/command_line.hpp"

#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "host/command/bench.hpp"
#include "host/command/demo.hpp"
#include "host/command/kafka/bench_kafka.hpp"
#include "host/command/plan.hpp"
#include "host/command/run.hpp"
#include "host/command/signals.hpp"
#include "host/command/workloads/bench_workloads.hpp"
#include "host/config/load_job.hpp"
#include "host/config/units.hpp"
#include "host/log.hpp"
#include "host/version.hpp"
#include "kernels/backend.hpp"

namespace sluice {
namespace {

constexpr int done = 0;
constexpr int run_failed = 1;
constexpr int configuration_wrong = 2;

std::string version_text() {
  const std::string unavailable = cuda_unavailable();
  std::string text = "sluice " + std::string(version()) + " (" + std::string(revision()) + ")\n";
  text += "backends: cpu, cuda ";
  text += unavailable.empty() ? "(used by default here)" : "(not here: " + unavailable + ")";
  return text;
}

struct Options {
  std::string job_path;
  RunOptions run;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  DemoOptions demo;
  BenchOptions bench;
  WorkloadOptions workloads;
  BenchKafkaOptions bench_kafka;
  std::string demo_length;
  bool defaults = false;
};

LogLevel level_of(const std::string& name) {
  return name == "debug"   ? LogLevel::debug
         : name == "warn"  ? LogLevel::warn
         : name == "error" ? LogLevel::error
                           : LogLevel::info;
}

void add_log_options(CLI::App& command, Options& options) {
  command.add_option("--log.level", options.log_level, "Least important lines to log")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command.add_option("--log.format", options.log_format, "How log lines are written")
      ->check(CLI::IsMember({"logfmt", "json"}))
      ->capture_default_str();
}

CLI::App& add_run(CLI::App& app, Options& options) {
  CLI::App& run = *app.add_subcommand("run", "Run a job until it is stopped");
  run.add_option("job", options.job_path, "The job file")->required();
  run.add_flag("--once", options.run.once,
               "Read to the present end of the source, close every window, exit");
  run.add_flag("--drain", options.run.drain, "Close open windows when stopped");
  run.add_option("--stats", options.run.stats_path,
                 "Write the final counters to this file as JSON");
  add_log_options(run, options);
  return run;
}

CLI::App& add_demo(CLI::App& app, Options& options) {
  CLI::App& demo = *app.add_subcommand(
      "demo", "An embedded broker, a producer, the engine and a live view: nothing else needed");
  demo.add_option("--for", options.demo_length, "End after this long, as in 30s");
  demo.add_option("--rate", options.demo.events_per_second, "Events produced a second")
      ->capture_default_str();
  demo.add_option("--listen", options.demo.listen, "Where /metrics is served")
      ->capture_default_str();
  add_log_options(demo, options);
  return demo;
}

CLI::App& add_bench(CLI::App& app, Options& options) {
  CLI::App& bench = *app.add_subcommand(
      "bench", "End-to-end throughput on this machine, against its measured ceilings");
  bench.add_option("--events", options.bench.events, "Events a run")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  bench.add_option("--runs", options.bench.runs, "Runs, of which the median is shown")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  return bench;
}

CLI::App& add_workloads(CLI::App& bench, Options& options) {
  CLI::App& workloads = *bench.add_subcommand(
      "workloads", "Published streaming workloads out of memory, with every slide emitted");
  workloads.add_option("names", options.workloads.names, "As in CM1 SG2; all of them by default");
  workloads.add_option("--runs", options.workloads.runs, "Passes over the memory")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  workloads.add_option("--threads", options.workloads.threads, "0: one a core")
      ->check(CLI::Range(0u, 1'024u))
      ->capture_default_str();
  workloads.add_option("--megabytes", options.workloads.megabytes, "Rows of a workload")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20))
      ->capture_default_str();
  workloads.add_option("--batch", options.workloads.batch_rows, "Rows a batch; 0: each its own")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 26))
      ->capture_default_str();
  return workloads;
}

CLI::App& add_bench_kafka(CLI::App& bench, Options& options) {
  CLI::App& kafka = *bench.add_subcommand(
      "kafka", "Where the CPU time of the main job goes that reads from Kafka");
  kafka.add_option(
      "--brokers", options.bench_kafka.brokers,
      "Bootstrap servers; topics named sluice-bench-* are made there and stay. A broker "
      "in this process by default");
  kafka.add_option("--events", options.bench_kafka.events, "Events a topic")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  kafka.add_option("--keys", options.bench_kafka.keys, "Distinct keys; several for several topics")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
      ->capture_default_str();
  kafka.add_option("--runs", options.bench_kafka.runs, "Runs, of which the median is shown")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  kafka.add_option("--json", options.bench_kafka.json_path,
                   "Write the figures to this file too, for bench/draw_kafka.py");
  return kafka;
}

Logger make_logger(const Options& options) {
  return Logger(options.log_format == "json" ? LogFormat::json : LogFormat::logfmt,
                level_of(options.log_level));
}

/// A broken environment ends a command with its message and code 1.
template <class Command>
int logged(Logger& logger, const Command& command) {
  try {
    command();
    return done;
  } catch (const std::exception& error) {
    logger.error(error.what());
    return run_failed;
  }
}

int run_command(const Options& options) {
  const StopOnSignal stop;
  const Job job = load_job(options.job_path);
  Logger logger = make_logger(options);
  return logged(logger, [&] { run_job(job, options.run, logger, stop.token()); });
}

int demo_command(Options& options) {
  const StopOnSignal stop;
  if (!options.demo_length.empty()) {
    const auto length = parse_duration(options.demo_length);
    if (!length || *length <= 0) {
      throw ConfigError("--for: \"" + options.demo_length + "\" is no duration, as in 30s");
    }
    options.demo.length = std::chrono::milliseconds(*length);
  }
  Logger logger = make_logger(options);
  return logged(logger, [&] { run_demo(options.demo, logger, stop.source()); });
}

int bench_command(const Options& options) {
  const StopOnSignal stop;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  return logged(logger, [&] { run_bench(options.bench, logger, stop.token()); });
}

int workloads_command(const Options& options) {
  const StopOnSignal stop;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  return logged(logger, [&] { run_workloads(options.workloads, stop.token()); });
}

int bench_kafka_command(const Options& options) {
  const StopOnSignal stop;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  return logged(logger, [&] { run_bench_kafka(options.bench_kafka, logger, stop.token()); });
}

int check_command(const Options& options) {
  std::fputs(describe_plan(load_job(options.job_path)).c_str(), stdout);
  return done;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Options options;
  CLI::App app("Keyed window aggregation of streams, on a GPU or without one", "sluice");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  const CLI::App& run = add_run(app, options);
  CLI::App& check = *app.add_subcommand("check", "Check a job file and print its plan");
  check.add_option("job", options.job_path, "The job file")->required();
  const CLI::App& demo = add_demo(app, options);
  CLI::App& bench = add_bench(app, options);
  const CLI::App& workloads = add_workloads(bench, options);
  const CLI::App& bench_kafka = add_bench_kafka(bench, options);
  CLI::App& config = *app.add_subcommand("config", "Print the configuration");
  config.add_flag("--defaults", options.defaults, "Every option with its default")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : configuration_wrong;
  }
  try {
    if (run) return run_command(options);
    if (check) return check_command(options);
    if (demo) return demo_command(options);
    if (workloads) return workloads_command(options);
    if (bench_kafka) return bench_kafka_command(options);
    if (bench) return bench_command(options);
    std::fputs(default_configuration().c_str(), stdout);
    return done;
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return configuration_wrong;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice: %s\n", error.what());
    return run_failed;
  }
}

}  // namespace sluice
