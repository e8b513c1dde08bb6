#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// Slots of one column that share a chunk.
inline constexpr std::uint32_t chunk_slots = 256;

/// What the directory says of one chunk of a column: absent, wanted (an event of this pass needs
/// it), or the chunk's number + 1.
using ChunkEntry = std::uint32_t;
inline constexpr ChunkEntry absent_chunk = 0;
inline constexpr ChunkEntry wanted_chunk = 0xffff'ffffu;

SLUICE_HD constexpr bool is_chunk(ChunkEntry entry) noexcept {
  return entry != absent_chunk && entry != wanted_chunk;
}

/// A view of the pane table in device memory, by value to kernels. A chunk holds the rows of
/// chunk_slots consecutive slots of one column: first all hot words, then all cold words.
struct PaneTableRef {
  RowLayout layout;
  ChunkEntry* directory = nullptr;  ///< [columns x chunks], a column's chunks side by side
  std::uint32_t columns = 0;
  std::uint32_t chunks = 0;
  std::uint64_t* const* segments = nullptr;  ///< the pool: segments of equally many chunks
  std::uint32_t segment_shift = 0;           ///< log2 of the chunks of a segment
  std::uint32_t* noted = nullptr;  ///< [column] 1: has had events since it last held nothing
  const std::uint32_t* free_chunks = nullptr;  ///< stack of chunk numbers
  std::uint32_t free_count = 0;                ///< its height when the pass began

  SLUICE_HD std::size_t index_of(ColumnIndex column, std::uint32_t chunk) const noexcept {
    return std::size_t{column} * chunks + chunk;
  }
  /// The row of `lane` (slot % chunk_slots) in the chunk that `entry` names.
  SLUICE_HD RowRef row(ChunkEntry entry, std::uint32_t lane) const noexcept {
    const std::uint32_t chunk = entry - 1;
    const std::uint32_t in_segment = chunk & ((1u << segment_shift) - 1);
    std::uint64_t* const words =
        segments[chunk >> segment_shift] + std::size_t{in_segment} * chunk_slots * layout.words();
    return {words + std::size_t{lane} * layout.hot_words,
            words + std::size_t{chunk_slots} * layout.hot_words +
                std::size_t{lane} * layout.cold_words};
  }
};

}  // namespace sluice::cuda
