#pragma once

#include <cstdint>
#include <limits>

namespace sluice {

/// Milliseconds since the epoch, the engine's tick; negative before 1970.
using EventTime = std::int64_t;
/// A length of event time in milliseconds.
using Milliseconds = std::int64_t;

/// Event times lie in [-max_event_time, max_event_time]; anything outside is malformed.
inline constexpr EventTime max_event_time = std::int64_t{1} << 53;

/// The watermark once every partition has been read to its end: every window has passed.
inline constexpr EventTime end_of_time = std::numeric_limits<EventTime>::max();
/// The watermark before anything was read.
inline constexpr EventTime start_of_time = std::numeric_limits<EventTime>::min();

/// Number of a pane in its grid: floor((time - phase) / length).
using PaneIndex = std::int64_t;
/// Dense id of a key while the key is alive; given by the backend.
using KeySlot = std::uint32_t;
/// Dense id of a partition in the job, over all topics, fixed at start.
using PartitionIndex = std::uint16_t;
/// A column of the PaneTable: the rows of one pane, or of a working value, for every key slot.
using ColumnIndex = std::uint32_t;

/// The largest time of some events of a partition.
struct PartitionMaximum {
  PartitionIndex partition;
  EventTime time;
};

inline constexpr ColumnIndex no_column = std::numeric_limits<ColumnIndex>::max();
inline constexpr KeySlot no_slot = std::numeric_limits<KeySlot>::max();

inline constexpr std::uint32_t max_live_panes = 65'536;
inline constexpr std::uint32_t max_windows = 32;
inline constexpr std::uint32_t max_grids = 8;
inline constexpr std::uint32_t max_values = 16;
inline constexpr std::uint32_t max_accumulators = 48;

}  // namespace sluice
