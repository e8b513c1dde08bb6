#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// One step of a closing program: what to do with whole columns, key slot by key slot. A backend
/// runs the whole program for a block of slots at a time, so slots are independent of each other
/// and hundreds of windows cost one pass.
struct ColumnStep {
  enum class Kind : std::uint8_t {
    combine,  ///< target <- target + source, per accumulator
    remove,   ///< target <- target - source; the layout must be invertible
    reset,    ///< target <- identity, memory kept
    drop,     ///< target <- identity, memory given back
    emit,     ///< append the non-empty rows of target + source to output
    seal,     ///< target is hardly written any more: its rows may be stored smaller
  };
  Kind kind = Kind::combine;
  ColumnIndex target = no_column;
  ColumnIndex source = no_column;  ///< no_column: nothing (emit only)
  std::uint32_t output = 0;        ///< emit only: index into the outputs
};

/// A closing program: steps in order, cut into strands that do not depend on each other (no strand
/// changes a column that another one reads or changes, and none shares an output). Non-owning.
struct StepProgram {
  std::span<const ColumnStep> steps;
  std::span<const std::uint32_t> strands;  ///< [strands] ascending ends in `steps`; empty: one

  // NOLINTBEGIN(google-explicit-constructor): plain steps are a program.
  StepProgram(std::span<const ColumnStep> all, std::span<const std::uint32_t> ends = {})
      : steps(all), strands(ends) {}
  StepProgram(const std::vector<ColumnStep>& all) : steps(all) {}
  StepProgram(const ColumnStep& one) : steps(&one, 1) {}
  // NOLINTEND(google-explicit-constructor)
};

}  // namespace sluice
