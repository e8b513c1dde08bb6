#pragma once

#include <string>

#include "host/command/workloads/row_memory.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_run.hpp"

namespace sluice {

/// Runs the first rows of a workload to the end of all windows, with count and sum for aggregates,
/// and compares what came out with what went in: every event and every value must be in exactly
/// size / slide rows' worth of windows.
/// @returns what is wrong, or nothing
std::string check_workload(const Workload& workload, const RowMemory& rows,
                           const WorkloadSetup& setup);

}  // namespace sluice
