#pragma once

#include <optional>
#include <string>

#include "ingest/decode/format.hpp"
#include "kernels/decode_plan.hpp"

namespace sluice {

/// A format as a backend decodes it.
struct RawPlan {
  std::optional<DecodePlan> plan;
  std::string why_not;  ///< what only the host can read, where there is no plan
};

/// @param format with the names of its CSV columns known, where it uses any
RawPlan raw_plan(const Format& format);

}  // namespace sluice
