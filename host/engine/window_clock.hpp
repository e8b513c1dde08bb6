#pragma once

#include <algorithm>

#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Which windows of a definition have closed or passed at a watermark (SEMANTICS, Time and
/// Lateness): pure functions, so no window needs a state of its own.

/// Watermarks are clamped here before arithmetic; far outside every event time.
inline constexpr EventTime far_future = EventTime{1} << 60;

constexpr EventTime clamp_watermark(EventTime watermark) noexcept {
  return std::clamp(watermark, -far_future, far_future);
}

/// Start of the first window that has not closed: the smallest s with s + size - 1 > watermark.
constexpr EventTime first_open_start(const WindowSpec& spec, EventTime watermark) noexcept {
  return spec.last_start(clamp_watermark(watermark) - spec.size + 1) + spec.slide;
}

/// Start of the first window that has not passed: still takes events.
constexpr EventTime first_live_start(const WindowSpec& spec, EventTime watermark,
                                     Milliseconds allowed_lateness) noexcept {
  return first_open_start(spec, clamp_watermark(watermark) - allowed_lateness);
}

/// End of the last window that has closed.
constexpr EventTime closed_until(const WindowSpec& spec, EventTime watermark) noexcept {
  return first_open_start(spec, watermark) - spec.slide + spec.size;
}

static_assert(first_open_start({.size = 10, .slide = 10}, 8) == 0);
static_assert(first_open_start({.size = 10, .slide = 10}, 9) == 10);
static_assert(first_open_start({.size = 10, .slide = 10}, -2) == -10);
static_assert(first_open_start({.size = 10, .slide = 5}, 9) == 5);
static_assert(first_live_start({.size = 10, .slide = 10}, 12, 3) == 10);
static_assert(first_live_start({.size = 10, .slide = 10}, 11, 3) == 0);
static_assert(closed_until({.size = 10, .slide = 10}, 9) == 10);

}  // namespace sluice
