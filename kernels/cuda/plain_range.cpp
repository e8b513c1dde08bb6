#include "kernels/cuda/plain_range.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace sluice::cuda {

namespace {

constexpr std::size_t most_samples = 256;
/// Of a sample as large as that, at each end: one event in a hundred may be a stray.
constexpr std::size_t strays = 2;
/// What the sample may have missed at either end, as a part of the range it met: with 256 samples
/// of evenly spread times an eighth is more than enough.
constexpr std::int64_t margin_divisor = 8;
/// Longer panes are no panes at all: event times span 2^54.
constexpr Milliseconds longest_pane = Milliseconds{1} << PaneDivision::long_bits;

struct TimeRange {
  EventTime first;
  EventTime last;

  bool is_empty() const { return first > last; }
};

TimeRange sample(const EventColumns& events) {
  std::array<EventTime, most_samples> times;
  const std::size_t count = std::min(events.size, most_samples);
  for (std::size_t s = 0; s < count; ++s) {
    times[s] = events.time[count == 1 ? 0 : s * (events.size - 1) / (count - 1)];
  }
  const auto end = times.begin() + static_cast<std::ptrdiff_t>(count);
  const std::size_t dropped = events.size > most_samples ? strays : 0;
  const auto low = times.begin() + static_cast<std::ptrdiff_t>(dropped);
  const auto high = end - 1 - static_cast<std::ptrdiff_t>(dropped);
  std::nth_element(times.begin(), low, end);
  std::nth_element(low, high, end);
  return {*low, *high};
}

/// The times for which every judgement comes out alike, and that lie in panes of every grid.
TimeRange unjudged(const BatchLimits& limits) {
  TimeRange range{std::max(limits.untouched_from, -max_event_time),
                  std::min(limits.future_after, max_event_time)};
  for (std::uint32_t g = 0; g < limits.grid_count && !range.is_empty(); ++g) {
    const GridLimits& grid = limits.grids[g];
    if (grid.grid.length >= longest_pane) return {0, -1};
    const PaneIndex first = std::max(grid.first_pane, grid.corrected_before);
    const PaneIndex end = grid.first_pane + static_cast<PaneIndex>(grid.pane_count);
    if (first > grid.grid.pane_of(range.last) || end <= grid.grid.pane_of(range.first)) {
      return {0, -1};
    }
    if (first > grid.grid.pane_of(range.first)) range.first = grid.grid.start_of(first);
    if (end <= grid.grid.pane_of(range.last)) range.last = grid.grid.start_of(end) - 1;
  }
  return range;
}

/// Widens the range to the borders of the panes that it touches, as far as `bounds` allow.
TimeRange to_pane_borders(const BatchLimits& limits, TimeRange range, TimeRange bounds) {
  TimeRange wide = bounds;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const PaneGrid& grid = limits.grids[g].grid;
    wide.first = std::max(wide.first, grid.start_of(grid.pane_of(range.first)));
    wide.last = std::min(wide.last, grid.start_of(grid.pane_of(range.last) + 1) - 1);
  }
  return wide;
}

PaneRange panes_of(const PaneGrid& grid, TimeRange range) {
  const PaneIndex first = grid.pane_of(range.first);
  return {first, static_cast<std::uint32_t>(grid.pane_of(range.last) - first + 1)};
}

}  // namespace

PlainRange plain_range(const BatchLimits& limits, const EventColumns& events) {
  PlainRange plain;
  if (events.size == 0 || limits.gaps || limits.grid_count == 0) return plain;
  const TimeRange bounds = unjudged(limits);
  if (bounds.is_empty()) return plain;
  const TimeRange met = sample(events);
  const TimeRange expected{std::max(met.first, bounds.first), std::min(met.last, bounds.last)};
  if (expected.is_empty()) return plain;
  const Milliseconds margin = (expected.last - expected.first) / margin_divisor;
  const TimeRange range = to_pane_borders(limits,
                                          {std::max(expected.first - margin, bounds.first),
                                           std::min(expected.last + margin, bounds.last)},
                                          bounds);
  plain.from = range.first;
  plain.span = static_cast<std::uint64_t>(range.last - range.first) + 1;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    plain.panes[g] = panes_of(limits.grids[g].grid, range);
    plain.expected[g] = panes_of(limits.grids[g].grid, expected);
  }
  return plain;
}

PaneDivision division_by(Milliseconds length, bool in_short_form) {
  __extension__ using Wide = unsigned __int128;
  const unsigned bits = in_short_form ? PaneDivision::short_bits : PaneDivision::long_bits;
  const auto divisor = static_cast<std::uint64_t>(length);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(divisor - 1));
  const Wide power = Wide{1} << (bits + shift);
  return {static_cast<std::uint64_t>((power + divisor - 1) / divisor), shift};
}

}  // namespace sluice::cuda
