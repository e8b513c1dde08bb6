#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace sluice {

struct WorkloadOptions {
  std::vector<std::string> names;  ///< empty: all
  unsigned runs = 7;
  unsigned threads = 0;  ///< 0: one a core
  std::size_t megabytes = 256;
  std::size_t batch_rows = 0;  ///< 0: each workload's own
};

/// Published workloads out of memory through the engine on every backend of this machine, against
/// ceilings measured in the same run. Prints a table.
/// @throws std::runtime_error when rows are wrong or a name is unknown
void run_workloads(const WorkloadOptions& options, const std::stop_token& stop);

}  // namespace sluice
