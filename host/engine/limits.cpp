#include "host/engine/limits.hpp"

#include <algorithm>

#include "host/engine/window_clock.hpp"

namespace sluice {

void limit_windows(std::span<const WindowSpec> specs, std::span<const GridState> grids,
                   EventTime watermark, Milliseconds allowed_lateness, BatchLimits& limits) {
  limits.untouched_from = clamp_watermark(watermark) + 1;
  limits.window_count = static_cast<std::uint32_t>(specs.size());
  limits.grid_count = static_cast<std::uint32_t>(grids.size());
  std::uint32_t next = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    GridLimits& grid = limits.grids[g];
    grid.grid = grids[g].grid;
    grid.first_window = next;
    grid.window_count = static_cast<std::uint32_t>(grids[g].windows.size());
    EventTime taken_until = start_of_time;
    for (const std::uint32_t w : grids[g].windows) {
      const WindowSpec& spec = specs[w];
      WindowLimits& window = limits.windows[next++];
      window.spec = spec;
      window.live_from = first_live_start(spec, watermark, allowed_lateness);
      window.refused_before = window.live_from - spec.slide + spec.size;
      limits.gaps = limits.gaps || spec.slide > spec.size;
      taken_until = std::max(taken_until, closed_until(spec, watermark));
    }
    grid.corrected_before = grid.grid.pane_of(taken_until);
  }
}

void offer_panes(EventTime min_time, EventTime max_time, const BatchLimits& limits,
                 GridState& state, GridLimits& grid, ColumnPool& columns) {
  EventTime live_from = end_of_time;
  for (std::uint32_t w = 0; w < grid.window_count; ++w) {
    live_from = std::min(live_from, limits.windows[grid.first_window + w].live_from);
  }
  grid.first_pane = grid.grid.pane_of(std::max(live_from, min_time));
  const PaneIndex oldest =
      state.panes.empty() ? grid.first_pane : std::min(grid.first_pane, state.panes.first());
  const PaneIndex end = std::min(grid.grid.pane_of(std::min(max_time, limits.future_after)) + 1,
                                 oldest + max_live_panes);
  grid.pane_count = static_cast<std::uint32_t>(std::max<PaneIndex>(0, end - grid.first_pane));
  state.offer(grid.first_pane, grid.pane_count, columns);
  grid.columns = state.offered.data();
}

}  // namespace sluice
