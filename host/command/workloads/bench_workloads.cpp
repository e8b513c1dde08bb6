#include "host/command/workloads/bench_workloads.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "host/command/cpu_time.hpp"
#include "host/command/workloads/machine_ceilings.hpp"
#include "host/command/workloads/workload_check.hpp"
#include "host/command/workloads/workload_run.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t seed = 5;

std::vector<Workload> chosen(const std::vector<std::string>& names) {
  std::vector<Workload> all = all_workloads();
  for (const std::string& name : names) {
    const auto has_name = [&](const Workload& workload) { return workload.name == name; };
    if (!std::any_of(all.begin(), all.end(), has_name)) {
      throw std::runtime_error("there is no workload " + name);
    }
  }
  std::erase_if(all, [&](const Workload& workload) {
    return !names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end();
  });
  return all;
}

std::vector<BackendKind> backends_here() {
  std::vector<BackendKind> kinds{BackendKind::cpu};
  if (cuda_unavailable().empty()) kinds.push_back(BackendKind::cuda);
  return kinds;
}

/// Rows a second, of every pass over the memory, ascending; CPU time and rows emitted a row read.
struct Rates {
  std::vector<double> rows_a_second;
  double cpu_a_row = 0;  ///< seconds, of all threads
  double emitted_a_row = 0;

  double best() const { return rows_a_second.back(); }
  double median() const { return rows_a_second[rows_a_second.size() / 2]; }
};

Rates measure(const Workload& workload, const RowMemory& rows, const WorkloadSetup& setup,
              unsigned runs, const std::stop_token& stop) {
  ResultTotals totals;
  WorkloadRun run(workload, rows, setup,
                  [&](const WindowResult& result) { workload.post(result, totals); });
  const std::uint64_t batches = rows.rows() / setup.batch_events;
  run.process(batches);  // windows fill, memory is touched
  Rates rates;
  const std::uint64_t emitted_before = totals.rows;
  const double cpu_before = process_cpu_seconds();
  for (unsigned r = 0; r < runs && !stop.stop_requested(); ++r) {
    const auto start = std::chrono::steady_clock::now();
    run.process(batches);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    rates.rows_a_second.push_back(static_cast<double>(rows.rows()) / elapsed.count());
  }
  if (rates.rows_a_second.empty()) throw std::runtime_error("stopped before the first run ended");
  const auto read = static_cast<double>(rows.rows() * rates.rows_a_second.size());
  rates.cpu_a_row = (process_cpu_seconds() - cpu_before) / read;
  rates.emitted_a_row = static_cast<double>(totals.rows - emitted_before) / read;
  std::sort(rates.rows_a_second.begin(), rates.rows_a_second.end());
  return rates;
}

void print_ceilings(const MachineCeilings& ceilings, const WorkloadOptions& options) {
  std::printf(
      "%u cores; memory read %.1f GB/s by one thread, %.1f by all; memory copy %.1f and %.1f\n"
      "rows from %zu MB of memory, every slide emitted, %u runs\n\n",
      ceilings.cores, ceilings.read_one / 1e9, ceilings.read_all / 1e9, ceilings.copy_one / 1e9,
      ceilings.copy_all / 1e9, options.megabytes, options.runs);
  std::printf("%-6s %-5s %6s %10s %8s %8s %8s %10s %10s %10s\n", "", "", "bytes", "M rows/s", "",
              "CPU ns", "", "of memory", "emitted", "emitted");
  std::printf("%-6s %-5s %6s %10s %8s %8s %8s %10s %10s %10s\n", "name", "on", "a row", "median",
              "best", "a row", "GB/s", "read", "a row", "M rows/s");
}

void print_row(const Workload& workload, BackendKind kind, const Rates& rates,
               const MachineCeilings& ceilings) {
  const double bytes = rates.median() * static_cast<double>(workload.row_bytes);
  std::printf("%-6s %-5s %6zu %10.2f %8.2f %8.2f %8.2f %9.1f%% %10.4f %10.3f\n",
              workload.name.c_str(), std::string(name_of(kind)).c_str(), workload.row_bytes,
              rates.median() / 1e6, rates.best() / 1e6, rates.cpu_a_row * 1e9, bytes / 1e9,
              100 * bytes / ceilings.read_all, rates.emitted_a_row,
              rates.median() * rates.emitted_a_row / 1e6);
  std::fflush(stdout);
}

}  // namespace

void run_workloads(const WorkloadOptions& options, const std::stop_token& stop) {
  const std::vector<Workload> workloads = chosen(options.names);
  const MachineCeilings ceilings = measure_ceilings();
  print_ceilings(ceilings, options);
  for (const Workload& workload : workloads) {
    const std::size_t batch = options.batch_rows != 0 ? options.batch_rows : workload.batch_rows;
    const RowMemory rows(workload, options.megabytes << 20, batch, seed);
    for (const BackendKind kind : backends_here()) {
      const WorkloadSetup setup{kind, options.threads, batch};
      const std::string wrong = check_workload(workload, rows, setup);
      if (!wrong.empty()) throw std::runtime_error(wrong);
      print_row(workload, kind, measure(workload, rows, setup, options.runs, stop), ceilings);
    }
  }
}

}  // namespace sluice
