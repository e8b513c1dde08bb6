#pragma once

#include <cstdint>

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
  };
  Kind kind = Kind::combine;
  ColumnIndex target = no_column;
  ColumnIndex source = no_column;  ///< no_column: nothing (emit only)
  std::uint32_t output = 0;        ///< emit only: index into the outputs
};

}  // namespace sluice
