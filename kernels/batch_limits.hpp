#pragma once

#include <cstdint>

#include "kernels/hd.hpp"
#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// What one window definition still takes, given the watermark before the batch.
struct WindowLimits {
  WindowSpec spec;
  EventTime live_from = start_of_time;       ///< start of the first window that has not passed
  EventTime refused_before = start_of_time;  ///< end of the last window that has passed
};

/// Where one grid's panes live. Panes before `first_pane` hold nothing any more (their windows have
/// passed), panes from `first_pane + pane_count` on are beyond what the state holds.
struct GridLimits {
  PaneGrid grid;
  std::uint32_t first_window = 0;  ///< its definitions: BatchLimits::windows[first_window, + count)
  std::uint32_t window_count = 0;
  PaneIndex first_pane = 0;
  std::uint32_t pane_count = 0;
  PaneIndex corrected_before = 0;        ///< earlier panes have been taken into a closed window
  const ColumnIndex* columns = nullptr;  ///< [pane_count] column of each pane, host memory
};

/// Everything an accumulate pass needs to judge a batch: fixed during the batch, computed by the
/// engine from the watermark as it stood before it. Trivially copyable; the columns are borrowed
/// for the call.
struct BatchLimits {
  EventTime future_after = end_of_time;      ///< later events are dropped as future
  EventTime untouched_from = start_of_time;  ///< no window of an event at or after this has closed
  bool gaps = false;  ///< some definition has slide > size: an event may be in no window
  /// Columns that closing windows may still open chunks of, at most: accumulate leaves memory for
  /// all chunks of so many.
  std::uint32_t closing_columns = 0;
  std::uint32_t window_count = 0;
  std::uint32_t grid_count = 0;
  WindowLimits windows[max_windows];  ///< ordered by grid
  GridLimits grids[max_grids];
};

enum class Verdict : std::uint8_t { accepted, future, in_no_window, late };

/// Whether `window` still takes an event at `time`: one of its windows holds it and has not passed.
SLUICE_HD constexpr bool takes(const WindowLimits& window, EventTime time) noexcept {
  return time >= window.live_from && window.spec.covers(time);
}

/// Whether a window of this definition that holds `time` has passed.
SLUICE_HD constexpr bool refuses(const WindowLimits& window, EventTime time) noexcept {
  return time < window.refused_before && window.spec.covers(time);
}

/// Whether a definition on `grid` still takes an event at `time`.
SLUICE_HD constexpr bool grid_takes(const BatchLimits& limits, const GridLimits& grid,
                                    EventTime time) noexcept {
  if (time >= limits.untouched_from && !limits.gaps) return true;
  for (std::uint32_t w = 0; w < grid.window_count; ++w) {
    if (takes(limits.windows[grid.first_window + w], time)) return true;
  }
  return false;
}

/// Judges one event in the order of SEMANTICS (future, in_no_window, late).
SLUICE_HD constexpr Verdict judge(const BatchLimits& limits, EventTime time) noexcept {
  if (time > limits.future_after) return Verdict::future;
  if (time >= limits.untouched_from && !limits.gaps) return Verdict::accepted;
  bool covered = false;
  for (std::uint32_t w = 0; w < limits.window_count; ++w) {
    if (takes(limits.windows[w], time)) return Verdict::accepted;
    covered = covered || limits.windows[w].spec.covers(time);
  }
  return covered ? Verdict::late : Verdict::in_no_window;
}

}  // namespace sluice
