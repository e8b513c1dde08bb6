#pragma once

#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"
#include "kernels/raw_events.hpp"

namespace sluice::cuda {

/// What the kernels count of a raw batch; all 0 before.
struct DecodeCounts {
  std::uint32_t events = 0;    ///< places, may exceed the capacity
  std::uint32_t listed = 0;    ///< may exceed the list
  std::uint32_t nulls = 0;     ///< bit v: some value v is null
  std::uint32_t key_high = 0;  ///< 1: some key's upper half is not 0
  std::uint32_t quotes = 0;    ///< 1: lines of CSV have quotes
  std::uint32_t filtered = 0;  ///< not listed, and not let through
  std::uint64_t latest = 0;    ///< largest biased time of those that go on; 0: none
  std::uint64_t earliest = 0;  ///< largest ~biased time
};

/// Times of events spread over the batch, for the plain pass; start_of_time where none goes on.
inline constexpr std::uint32_t most_time_samples = 512;

/// What comes down of a raw batch: the list, as far as it is short, comes with the counts.
struct DecodeFront {
  static constexpr std::uint32_t short_list = 1024;
  DecodeCounts counts;
  EventTime times[most_time_samples];
  ListedEvent listed[short_list];
};

/// A raw batch, by value to kernels. All pointers are device memory.
struct RawBatch {
  DecodePlan plan;
  RawEvents raw;
  const DocumentShape* shapes = nullptr;
  std::uint32_t shape_count = 0;
  std::uint32_t capacity = 0;  ///< places
  DecodedColumns columns;
  DecodeFront* front = nullptr;
  ListedEvent* more_listed = nullptr;  ///< [more_capacity] those behind the short list
  std::uint32_t more_capacity = 0;
  std::uint32_t* line_counts = nullptr;  ///< [line_tiles(raw.size) + 1] scratch
  const FilterPlan* filter = nullptr;    ///< nullptr: every event goes on
  /// [partition] with a filter: largest biased time of those that it takes out; 0: none
  std::uint64_t* filtered_maxima = nullptr;
};

/// Bytes that a block of threads looks for lines in at once.
inline constexpr std::uint32_t line_tile_bytes = 4096;
SLUICE_HD constexpr std::uint32_t line_tiles(std::size_t bytes) noexcept {
  return static_cast<std::uint32_t>((bytes + line_tile_bytes - 1) / line_tile_bytes);
}

/// Finds where the events begin: counts them in counts.events, writes begin and message of those
/// that have a place. In lines, empty ones are none.
void find_events(const RawBatch& batch, Stream& stream);

/// Decodes the events that were found, or lists them for the host; with a filter, judges them.
/// Ascending places, but the list has any order.
void decode_events(const RawBatch& batch, Stream& stream);

}  // namespace sluice::cuda
