#pragma once

#include <cstdint>
#include <memory>

#include "host/command/workloads/row_memory.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/engine/engine.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// How a workload is run.
struct WorkloadSetup {
  BackendKind backend = BackendKind::cpu;
  unsigned threads = 0;  ///< decoding lanes, and as many CPU workers; 0: one a core
  std::size_t batch_events = 32'768;
};

/// Drives a workload's rows through its decode stage and the engine, as the pipeline does: lane
/// threads decode batches out of memory ahead of the calling thread, which runs the engine.
class WorkloadRun {
 public:
  /// The workload and the rows must outlive the run; `rows` holds whole batches.
  WorkloadRun(const Workload& workload, const RowMemory& rows, const WorkloadSetup& setup,
              Publish publish);
  ~WorkloadRun();

  /// Takes the next batches through, from the start again after the last; waits for all of them.
  /// @throws std::runtime_error when the state cannot hold them
  void process(std::uint64_t batches);
  /// The input ends: every window closes.
  void finish();

  std::uint64_t rows_read() const noexcept;
  const Books& books() const noexcept;
  const Backend& backend() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
