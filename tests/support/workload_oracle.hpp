#pragma once

#include <cstdint>
#include <string>

#include "host/command/workloads/workload_run.hpp"

namespace sluice::oracle {

/// Takes the first batches of a workload's rows through its decode stage and the engine to the end
/// of all windows, and compares every row with the oracle's, which is fed events that are made of
/// the same bytes by the workload's definition alone.
/// @return what differs, a line for each of the first differences; empty when the rows match
std::string workload_differences(const Workload& workload, const RowMemory& rows,
                                 const WorkloadSetup& setup, std::uint64_t batches);

}  // namespace sluice::oracle
