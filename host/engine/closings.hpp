#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "host/engine/grid_state.hpp"
#include "kernels/backend.hpp"
#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// One window of a definition; ordered as windows are published: by end, then by the order of the
/// definitions.
struct WindowId {
  EventTime end;
  std::uint32_t window;  ///< definition
  EventTime start;
  auto operator<=>(const WindowId&) const = default;
};

/// Windows of definition `window` that close when the watermark moves from `from` to `to`, as far
/// as any pane of theirs holds rows.
void append_closings(std::uint32_t window, const WindowSpec& spec, const GridState& grid,
                     EventTime from, EventTime to, std::vector<WindowId>& closings);

/// Appends the windows of definition `window` that corrections (of its grid, ascending) fell into:
/// closed at `watermark`, and not passed.
void append_touched(std::uint32_t window, const WindowSpec& spec, const PaneGrid& grid,
                    std::span<const Correction> corrections, EventTime watermark,
                    Milliseconds allowed_lateness, std::vector<WindowId>& touched);

/// Slots that corrections (of the window's grid, ascending) touched in the panes of a window;
/// ascending.
std::vector<KeySlot> slots_touched(const WindowId& window, const PaneGrid& grid,
                                   std::span<const Correction> corrections);

}  // namespace sluice
