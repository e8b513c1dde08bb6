#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
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

/// Keys that a batch touched in windows that had closed already.
using TouchedWindows = std::map<WindowId, std::set<KeySlot>>;

/// Adds the windows on `grid` that corrections fell into: closed at `watermark`, and not passed.
void collect_touched(std::span<const WindowSpec> specs, const GridState& grid,
                     std::span<const Correction> corrections, EventTime watermark,
                     Milliseconds allowed_lateness, TouchedWindows& touched);

}  // namespace sluice
