#pragma once

#include <optional>
#include <string>

#include "ingest/decode/format.hpp"
#include "ingest/filter/program.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/filter_plan.hpp"

namespace sluice {

/// A format as a backend decodes it.
struct RawPlan {
  std::optional<DecodePlan> plan;
  std::optional<FilterPlan> filter;  ///< with a plan only: of the job's `where`
  std::string why_not;               ///< what only the host can read, where there is no plan
};

/// @param format with the names of its CSV columns known, where it uses any
/// @param filter of the job, with the fields that the format has; nullptr: none
RawPlan raw_plan(const Format& format, const FilterProgram* filter = nullptr);

}  // namespace sluice
