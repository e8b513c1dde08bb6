#include "host/engine/closings.hpp"

#include <algorithm>

#include "host/engine/window_clock.hpp"

namespace sluice {

void append_closings(std::uint32_t window, const WindowSpec& spec, const GridState& grid,
                     EventTime from, EventTime to, std::vector<WindowId>& closings) {
  const EventTime stop = first_open_start(spec, to);
  EventTime start = first_open_start(spec, from);
  while (start < stop) {
    const auto pane = grid.panes.lower_bound(grid.grid.pane_of(start));
    if (pane == grid.panes.end()) return;
    const EventTime pane_start = grid.grid.start_of(pane->first);
    if (pane_start >= start + spec.size) {
      // No rows before this pane: go on with the first window that ends after its start.
      start = spec.first_start(pane_start);
      if (start > pane_start) continue;
      if (start >= stop) return;
    }
    closings.push_back({start + spec.size, window, start});
    start += spec.slide;
  }
}

void collect_touched(std::span<const WindowSpec> specs, const GridState& grid,
                     std::span<const Correction> corrections, EventTime watermark,
                     Milliseconds allowed_lateness, TouchedWindows& touched) {
  for (const std::uint32_t w : grid.windows) {
    const WindowSpec& spec = specs[w];
    const EventTime live_from = first_live_start(spec, watermark, allowed_lateness);
    const EventTime last_closed = first_open_start(spec, watermark) - spec.slide;
    for (const Correction& correction : corrections) {
      const EventTime time = grid.grid.start_of(correction.pane);
      if (!spec.covers(time)) continue;
      const EventTime first = std::max(spec.first_start(time), live_from);
      const EventTime last = std::min(spec.last_start(time), last_closed);
      for (EventTime start = first; start <= last; start += spec.slide) {
        touched[{start + spec.size, w, start}].insert(correction.slot);
      }
    }
  }
}

}  // namespace sluice
