#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/event_columns.hpp"

namespace sluice::cpu {

// g++ 12 takes a function that only prefetches for one without effect and drops its calls, unless
// it has been inlined by then: therefore always_inline, all the way up to where something is done.

/// Lines ahead of their use that hide the memory's latency.
inline constexpr std::size_t far_ahead = 128;

/// Brings a cache line that lies far from the core as near as the second-level cache. A core has
/// many more of these requests under way than of those for its first-level cache, so random rows
/// of a state beyond the caches arrive more than twice as fast (docs/decisions/0019).
[[gnu::always_inline]] inline void fetch_far(const void* line) noexcept {
  __builtin_prefetch(line, 0, 2);
}

[[gnu::always_inline]] inline void fetch_column(const void* column, std::size_t width,
                                                std::size_t first, std::size_t size) noexcept {
  if (column == nullptr) return;
  constexpr std::size_t line = 64;
  const auto* const bytes = static_cast<const std::byte*>(column) + first * width;
  for (std::size_t at = 0; at < size * width; at += line) fetch_far(bytes + at);
}

/// What a tile's rows are found by: brings times and keys of the events [first, first + size)
/// nearer, as far as there are so many.
[[gnu::always_inline]] inline void fetch_keys(const EventColumns& events, std::size_t first,
                                              std::size_t size) noexcept {
  if (first >= events.size) return;
  size = std::min(size, events.size - first);
  fetch_column(events.time.narrow, sizeof(std::uint32_t), first, size);
  fetch_column(events.time.wide, sizeof(EventTime), first, size);
  fetch_column(events.partition, sizeof(PartitionIndex), first, size);
  fetch_column(events.key.narrow, sizeof(std::uint32_t), first, size);
  fetch_column(events.key.low, sizeof(std::uint64_t), first, size);
  fetch_column(events.key.high, sizeof(std::uint64_t), first, size);
}

/// What rows are changed by: the values of the same events.
[[gnu::always_inline]] inline void fetch_values(const EventColumns& events, std::size_t first,
                                                std::size_t size) noexcept {
  if (first >= events.size) return;
  size = std::min(size, events.size - first);
  for (std::uint32_t v = 0; v < events.value_count; ++v) {
    const ValueColumn& column = events.values[v];
    fetch_column(column.narrow, sizeof(std::int32_t), first, size);
    fetch_column(column.bits, sizeof(std::int64_t), first, size);
    fetch_column(column.valid, sizeof(std::uint8_t), first, size);
  }
}

}  // namespace sluice::cpu
