/// Published streaming workloads out of memory (host/command/workloads), on every backend of this
/// machine: an iteration is a pass over 256 MB of rows, through the decode stage, the engine and
/// the post stage. Items are rows read. Before it is measured, a prefix of each is compared with
/// the oracle, row by row.

#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "host/command/workloads/workload_check.hpp"
#include "host/command/workloads/workload_run.hpp"
#include "tests/support/workload_oracle.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t bytes = std::size_t{256} << 20;
constexpr std::uint64_t seed = 5;

/// Both the rows of a prefix and the sums of a longer one must be right. Empty when they are.
std::string wrong_rows(const Workload& workload, const RowMemory& rows, BackendKind kind) {
  const WindowSpec& window = workload.job.windows[0].spec;
  const std::uint64_t batches = window.size / window.slide > 1'000 ? 2 : 8;
  std::string differences = oracle::workload_differences(workload, rows, {kind, 0, 1'024}, batches);
  if (!differences.empty()) return differences;
  return check_workload(workload, rows, {kind, 0, workload.batch_rows});
}

/// A workload that has been checked, and whose windows are full.
class WarmWorkload {
 public:
  WarmWorkload(const Workload& workload, BackendKind kind)
      : workload_(workload), kind_(kind), rows_(workload, bytes, workload.batch_rows, seed) {
    wrong_ = wrong_rows(workload_, rows_, kind);
    if (!wrong_.empty()) return;
    run_ = std::make_unique<WorkloadRun>(
        workload_, rows_, WorkloadSetup{kind, 0, workload_.batch_rows},
        [this](const WindowResult& result) { workload_.post(result, totals_); });
    process_all();
  }

  bool is(const Workload& workload, BackendKind kind) const {
    return workload_.name == workload.name && kind_ == kind;
  }
  const std::string& wrong() const { return wrong_; }

  void process_all() { run_->process(rows_.rows() / workload_.batch_rows); }
  std::size_t rows() const { return rows_.rows(); }
  std::uint64_t emitted() const { return totals_.rows; }
  std::string device() const { return run_->backend().device(); }

 private:
  Workload workload_;
  BackendKind kind_;
  RowMemory rows_;
  std::string wrong_;
  ResultTotals totals_;
  std::unique_ptr<WorkloadRun> run_;
};

/// Google Benchmark calls a benchmark several times: its workload is kept until another one comes.
using Kept = std::shared_ptr<std::unique_ptr<WarmWorkload>>;

void measure(benchmark::State& state, const Workload& workload, BackendKind kind,
             const Kept& kept) {
  if (!*kept || !(*kept)->is(workload, kind)) {
    kept->reset();
    *kept = std::make_unique<WarmWorkload>(workload, kind);
  }
  WarmWorkload& warm = **kept;
  if (!warm.wrong().empty()) {
    state.SkipWithError(warm.wrong().c_str());
    return;
  }
  const std::uint64_t emitted_before = warm.emitted();
  for (auto _ : state) warm.process_all();

  const auto read = state.iterations() * static_cast<std::int64_t>(warm.rows());
  state.SetItemsProcessed(read);
  state.SetBytesProcessed(read * static_cast<std::int64_t>(workload.row_bytes));
  state.counters["row_bytes"] = static_cast<double>(workload.row_bytes);
  state.counters["emitted_a_row"] =
      static_cast<double>(warm.emitted() - emitted_before) / static_cast<double>(read);
  state.SetLabel(warm.device() + "; " + workload.definition);
}

void add(const Workload& workload, BackendKind kind, const Kept& kept) {
  const std::string name = "workload/" + std::string(name_of(kind)) + '/' + workload.name;
  benchmark::RegisterBenchmark(
      name.c_str(), [=](benchmark::State& state) { measure(state, workload, kind, kept); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const auto kept = std::make_shared<std::unique_ptr<sluice::bench::WarmWorkload>>();
  for (const sluice::Workload& workload : sluice::all_workloads()) {
    sluice::bench::add(workload, sluice::BackendKind::cpu, kept);
    if (sluice::cuda_unavailable().empty()) {
      sluice::bench::add(workload, sluice::BackendKind::cuda, kept);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
