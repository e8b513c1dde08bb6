/// Published streaming workloads out of memory (host/command/workloads), on every backend of this
/// machine: an iteration is a pass over 256 MB of rows, through the decode stage, the engine and
/// the post stage. Items are rows read. Before it is measured, a prefix of each is compared with
/// the oracle, row by row.

#include <string>

#include <benchmark/benchmark.h>

#include "host/command/workloads/workload_check.hpp"
#include "host/command/workloads/workload_run.hpp"
#include "tests/support/workload_oracle.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t bytes = std::size_t{256} << 20;
constexpr std::size_t batch_events = 65'536;
constexpr std::uint64_t seed = 5;

/// Both the rows of a prefix and the sums of a longer one must be right. Empty when they are.
std::string wrong_rows(const Workload& workload, const RowMemory& rows, BackendKind kind) {
  const WindowSpec& window = workload.job.windows[0].spec;
  const std::uint64_t batches = window.size / window.slide > 1'000 ? 2 : 8;
  const std::string differences =
      oracle::workload_differences(workload, rows, {kind, 0, 1'024}, batches);
  if (!differences.empty()) return differences;
  return check_workload(workload, rows, {kind, 0, batch_events});
}

void run_workload(benchmark::State& state, const Workload& workload, BackendKind kind) {
  const RowMemory rows(workload, bytes, batch_events, seed);
  const std::string wrong = wrong_rows(workload, rows, kind);
  if (!wrong.empty()) {
    state.SkipWithError(wrong.c_str());
    return;
  }
  ResultTotals totals;
  WorkloadRun run(workload, rows, {kind, 0, batch_events},
                  [&](const WindowResult& result) { workload.post(result, totals); });
  const std::uint64_t batches = rows.rows() / batch_events;
  run.process(batches);
  const std::uint64_t emitted_before = totals.rows;
  for (auto _ : state) run.process(batches);

  const auto read = state.iterations() * static_cast<std::int64_t>(rows.rows());
  state.SetItemsProcessed(read);
  state.SetBytesProcessed(read * static_cast<std::int64_t>(workload.row_bytes));
  state.counters["row_bytes"] = static_cast<double>(workload.row_bytes);
  state.counters["emitted_a_row"] =
      static_cast<double>(totals.rows - emitted_before) / static_cast<double>(read);
  state.SetLabel(run.backend().device() + "; " + workload.definition);
}

void add(const Workload& workload, BackendKind kind) {
  const std::string name = "workload/" + std::string(name_of(kind)) + '/' + workload.name;
  benchmark::RegisterBenchmark(
      name.c_str(),
      [workload, kind](benchmark::State& state) { run_workload(state, workload, kind); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  for (const sluice::Workload& workload : sluice::all_workloads()) {
    sluice::bench::add(workload, sluice::BackendKind::cpu);
    if (sluice::cuda_unavailable().empty()) {
      sluice::bench::add(workload, sluice::BackendKind::cuda);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
