#pragma once

#include <cstdint>

#include "kernels/batch_limits.hpp"
#include "kernels/cuda/plain_view.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cuda {

/// Consecutive panes of a grid.
struct PaneRange {
  PaneIndex first = 0;
  std::uint32_t count = 0;
};

/// The times of a batch that need no judging (see PlainView), cut down to about those that the
/// batch has, and their panes.
struct PlainRange {
  EventTime from = 0;
  std::uint64_t span = 0;         ///< 0: no event is plain
  PaneRange panes[max_grids];     ///< of all times in the range
  PaneRange expected[max_grids];  ///< of the times that a sample met: nearly sure to get events
};

/// Looks at a few hundred times of the batch, in host memory. Events that the sample did not expect
/// are left over by the plain pass, so that a stray time does not make every batch a wide one.
[[nodiscard]] PlainRange plain_range(const BatchLimits& limits, const EventColumns& events);

/// @param length below 2^54, and in the short form below 2^31.
[[nodiscard]] PaneDivision division_by(Milliseconds length, bool in_short_form);

}  // namespace sluice::cuda
