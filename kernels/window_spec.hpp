#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// Quotient rounded towards minus infinity. @param divisor > 0.
SLUICE_HD constexpr std::int64_t floor_div(std::int64_t value, std::int64_t divisor) noexcept {
  const std::int64_t quotient = value / divisor;
  return quotient - (value % divisor < 0 ? 1 : 0);
}

/// Remainder in [0, divisor). @param divisor > 0.
SLUICE_HD constexpr std::int64_t floor_mod(std::int64_t value, std::int64_t divisor) noexcept {
  const std::int64_t remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder;
}

/// One window definition. Its windows are [s, s + size) for every s with
/// floor_mod(s - offset, slide) == 0; tumbling iff slide == size; slide > size leaves gaps.
struct WindowSpec {
  Milliseconds size = 0;   ///< > 0
  Milliseconds slide = 0;  ///< > 0
  Milliseconds offset = 0;

  friend constexpr bool operator==(const WindowSpec&, const WindowSpec&) = default;

  /// Start of the last window that starts at or before `time`.
  SLUICE_HD constexpr EventTime last_start(EventTime time) const noexcept {
    return time - floor_mod(time - offset, slide);
  }
  /// Start of the first window that ends after `time`.
  SLUICE_HD constexpr EventTime first_start(EventTime time) const noexcept {
    return last_start(time - size) + slide;
  }
  /// Whether any window holds `time`.
  SLUICE_HD constexpr bool covers(EventTime time) const noexcept {
    return floor_mod(time - offset, slide) < size;
  }
};

/// Panes of equal length; every event time is in exactly one.
struct PaneGrid {
  Milliseconds phase = 0;
  Milliseconds length = 1;  ///< > 0

  SLUICE_HD constexpr PaneIndex pane_of(EventTime time) const noexcept {
    return floor_div(time - phase, length);
  }
  SLUICE_HD constexpr EventTime start_of(PaneIndex pane) const noexcept {
    return phase + pane * length;
  }
};

/// A grid and the window definitions (indices into the job's list) whose bounds lie on it.
struct GridPlan {
  PaneGrid grid;
  std::vector<std::uint32_t> windows;
};

/// Lays pane grids under a job's window definitions (SEMANTICS, Windows): one shared grid with
/// length gcd(sizes, slides, differences of offsets), except that a definition which would multiply
/// the number of live panes by more than 4 gets a grid of its own.
std::vector<GridPlan> plan_grids(std::span<const WindowSpec> windows);

/// Panes of `grid` that the windows on it keep alive at once, without disorder.
std::int64_t live_panes(const GridPlan& plan, std::span<const WindowSpec> windows,
                        Milliseconds allowed_lateness);

}  // namespace sluice
