#pragma once

#include <string>

#include "host/config/job.hpp"

namespace sluice {

/// What `sluice check` prints: panes, accumulators, memory a key needs, and the backend.
std::string describe_plan(const Job& job);

}  // namespace sluice
