#pragma once

#include <optional>

#include "ingest/filter/program.hpp"
#include "kernels/filter_plan.hpp"

namespace sluice {

/// A filter as a backend judges by it, or nullopt: it has more steps, columns, constants or text
/// than a FilterPlan holds, or needs a deeper stack.
std::optional<FilterPlan> raw_filter(const FilterProgram& program);

}  // namespace sluice
