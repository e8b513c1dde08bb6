#include "host/engine/closings.hpp"

#include <algorithm>

#include "host/engine/window_clock.hpp"

namespace sluice {

void append_closings(std::uint32_t window, const WindowSpec& spec, const GridState& grid,
                     EventTime from, EventTime to, std::vector<WindowId>& closings) {
  const EventTime stop = first_open_start(spec, to);
  EventTime start = first_open_start(spec, from);
  PaneIndex pane = before_every_pane;  // the first that holds rows, from `start` on
  while (start < stop) {
    const PaneIndex first = grid.grid.pane_of(start);
    if (pane < first) pane = grid.panes.next(first);
    if (pane == PaneColumns::none) return;
    const EventTime pane_start = grid.grid.start_of(pane);
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

void append_touched(std::uint32_t window, const WindowSpec& spec, const PaneGrid& grid,
                    std::span<const Correction> corrections, EventTime watermark,
                    Milliseconds allowed_lateness, std::vector<WindowId>& touched) {
  const EventTime live_from = first_live_start(spec, watermark, allowed_lateness);
  const EventTime last_closed = first_open_start(spec, watermark) - spec.slide;
  EventTime next = live_from;  // earlier windows have been appended, or are not touched
  for (const Correction& correction : corrections) {
    const EventTime time = grid.start_of(correction.pane);
    if (!spec.covers(time)) continue;
    const EventTime last = std::min(spec.last_start(time), last_closed);
    for (next = std::max(next, spec.first_start(time)); next <= last; next += spec.slide) {
      touched.push_back({next + spec.size, window, next});
    }
  }
}

std::vector<KeySlot> slots_touched(const WindowId& window, const PaneGrid& grid,
                                   std::span<const Correction> corrections) {
  const auto pane_before = [](const Correction& correction, PaneIndex pane) {
    return correction.pane < pane;
  };
  const auto first = std::lower_bound(corrections.begin(), corrections.end(),
                                      grid.pane_of(window.start), pane_before);
  const auto last =
      std::lower_bound(first, corrections.end(), grid.pane_of(window.end), pane_before);
  std::vector<KeySlot> slots;
  for (auto correction = first; correction != last; ++correction) slots.push_back(correction->slot);
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

}  // namespace sluice
