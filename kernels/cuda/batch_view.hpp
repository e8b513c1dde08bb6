#pragma once

#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/batch_limits.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// The events that a pass looks at, by value to kernels. All pointers, also those in `limits`, are
/// device memory.
struct BatchView {
  EventColumns events;
  BatchLimits limits;
  const std::uint32_t* selection = nullptr;  ///< [selected] event indices, or nullptr: all
  std::uint32_t selected = 0;

  SLUICE_HD std::uint32_t event(std::size_t i) const noexcept {
    return selection == nullptr ? static_cast<std::uint32_t>(i) : selection[i];
  }
};

/// Whether `grid` takes an event at `time`, and in which of its panes, counted from first_pane.
struct Placement {
  bool taken = false;
  PaneIndex pane = 0;

  SLUICE_HD bool is_beyond(const GridLimits& grid) const noexcept {
    return pane >= static_cast<PaneIndex>(grid.pane_count);
  }
};

SLUICE_HD inline Placement place(const BatchLimits& limits, const GridLimits& grid,
                                 EventTime time) noexcept {
  const PaneIndex pane = grid.grid.pane_of(time) - grid.first_pane;
  return {pane >= 0 && grid_takes(limits, grid, time), pane};
}

/// What becomes of an event in a batch, in BatchLists::slots: a slot whose rows wait for it, or one
/// of these. A place is turned into its slot once the claims are settled.
inline constexpr std::uint32_t nothing_left = 0xffff'ffffu;  ///< dropped, parked or accumulated
inline constexpr std::uint32_t no_key_yet = 0xffff'fffeu;
inline constexpr std::uint32_t place_bit = 0x8000'0000u;   ///< with a place of the dictionary
inline constexpr std::uint32_t direct_bit = 0x4000'0000u;  ///< with place_bit: and a direct key

/// Slots and places of the dictionary stay below the marks above.
inline constexpr std::uint32_t most_keys = 1u << 28;

/// Counts over a whole batch.
struct BatchTotals {
  std::uint32_t future = 0;
  std::uint32_t in_no_window = 0;
  std::uint32_t late = 0;
  std::uint32_t parked = 0;
  std::uint32_t corrections = 0;
  std::uint32_t columns = 0;
  std::uint32_t partitions = 0;
  std::uint64_t refused[max_windows] = {};
};

/// Counts of one round. A round that runs out of slots or chunks leaves events behind; the host
/// makes room and runs another over them.
struct RoundTotals {
  std::uint32_t reserved = 0;  ///< slots promised to keys
  std::uint32_t claimed = 0;   ///< keys that took one
  std::uint32_t unplaced = 0;  ///< events whose key found no slot
  std::uint32_t wanted = 0;    ///< chunks asked for, may exceed the list
  std::uint32_t popped = 0;    ///< tries to take a chunk from the pool, may exceed what it had
  std::uint32_t starved = 0;   ///< events whose chunk could not be had
};

/// Columns that a batch gets its first events in are few, but for a first batch.
inline constexpr std::uint32_t plain_columns = 64;

/// Counts of the plain pass.
struct PlainTotals {
  std::uint32_t left_over = 0;    ///< events that were not plain
  std::uint32_t starved = 0;      ///< 1: some of them for want of a chunk
  std::uint32_t popped = 0;       ///< tries to take a chunk from the pool, before the pass
  std::uint32_t blocks_done = 0;  ///< the last one gathers the maxima
  std::uint64_t touched = 0;      ///< groups, summed over the blocks that had events of them
  std::uint64_t magnitude = 0;    ///< largest |value| of the batch that was added to a sum
  /// The first of BatchLists::columns, when nothing was left over: they come down with the counts.
  ColumnIndex columns[plain_columns] = {};
};

struct BatchCounters {
  BatchTotals batch;
  PlainTotals plain;
  RoundTotals round;
};

/// A place that `event` claimed for its key.
struct KeyClaim {
  std::uint32_t place;
  std::uint32_t event;
};

/// An event of which some pane has been taken into a closed window. The host knows the panes.
struct CorrectedEvent {
  std::uint32_t event;
  KeySlot slot;
  EventTime time;  ///< written last, by time_corrections
};

/// Where the passes over a batch leave what they find: device memory, by value to kernels. Lists
/// hold as many elements as a batch events unless said otherwise.
struct BatchLists {
  BatchCounters* counters = nullptr;
  std::uint32_t* slots = nullptr;      ///< [event] see above
  std::uint32_t* left_over = nullptr;  ///< events that the plain pass leaves to the rounds
  std::uint32_t* late = nullptr;
  std::uint32_t* parked = nullptr;
  std::uint32_t* unplaced = nullptr;
  std::uint32_t* starved = nullptr;
  CorrectedEvent* corrections = nullptr;
  KeyClaim* claims = nullptr;
  FirstSeenKey* first_seen = nullptr;
  std::uint64_t* wanted = nullptr;  ///< directory indices
  std::uint32_t wanted_capacity = 0;
  ColumnIndex* columns = nullptr;             ///< [columns of the table] newly noted ones
  std::uint64_t* partition_maxima = nullptr;  ///< [partition] biased time, 0: none in this batch
  PartitionIndex* partitions = nullptr;       ///< [partition] those with a maximum
  PartitionMaximum* maxima = nullptr;         ///< [partition]
};

/// Times in an order that unsigned words have, so that 0 can mean none: no event time is the
/// smallest int64.
SLUICE_HD constexpr std::uint64_t biased(EventTime time) noexcept {
  return static_cast<std::uint64_t>(time) ^ (std::uint64_t{1} << 63);
}
SLUICE_HD constexpr EventTime unbiased(std::uint64_t time) noexcept {
  return static_cast<EventTime>(time ^ (std::uint64_t{1} << 63));
}
static_assert(biased(-1) < biased(0) && biased(-max_event_time) > 0 && unbiased(biased(-5)) == -5);

}  // namespace sluice::cuda
