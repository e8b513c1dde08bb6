#pragma once

#include <cstdint>
#include <span>

#include "host/engine/grid_state.hpp"
#include "kernels/batch_limits.hpp"
#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Fills in everything of BatchLimits that follows from the watermark: what each definition still
/// takes, and from where on no closed window is touched. The panes are left to offer_panes.
void limit_windows(std::span<const WindowSpec> specs, std::span<const GridState> grids,
                   EventTime watermark, Milliseconds allowed_lateness, BatchLimits& limits);

/// Offers a batch with event times in [min_time, max_time] the panes of a grid that it may touch:
/// none before the first live one, none that would make more than max_live_panes.
void offer_panes(EventTime min_time, EventTime max_time, const BatchLimits& limits,
                 GridState& state, GridLimits& grid, ColumnPool& columns);

}  // namespace sluice
