#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// Slots of one column that share a chunk.
inline constexpr std::uint32_t chunk_slots = 256;

/// What the directory says of one chunk of a column: absent, or the device address of its rows with
/// marks in the bits that an address has free. A chunk without marks is dense: it may be written.
using ChunkEntry = std::uint64_t;
inline constexpr ChunkEntry absent_chunk = 0;
inline constexpr ChunkEntry sealed_mark = 1;  ///< read-only, in the form of sealed_chunk.cuh
inline constexpr ChunkEntry wanted_mark = 2;  ///< an event of this pass wants it dense

SLUICE_HD constexpr bool is_chunk(ChunkEntry entry) noexcept {
  return entry != absent_chunk && (entry & (sealed_mark | wanted_mark)) == 0;
}
SLUICE_HD constexpr bool is_sealed(ChunkEntry entry) noexcept { return (entry & sealed_mark) != 0; }
/// Whether it holds rows, in either form.
SLUICE_HD constexpr bool holds_rows(ChunkEntry entry) noexcept {
  return is_chunk(entry) || is_sealed(entry);
}

SLUICE_HD inline std::uint64_t* memory_of(ChunkEntry entry) noexcept {
  return reinterpret_cast<std::uint64_t*>(entry & ~(sealed_mark | wanted_mark));
}
SLUICE_HD inline ChunkEntry entry_at(const std::uint64_t* memory) noexcept {
  return reinterpret_cast<ChunkEntry>(memory);
}

/// What the passes did to the pool, over the life of the table but for `freed`.
struct PoolTotals {
  std::uint32_t freed = 0;  ///< chunks in PaneTableRef::freed
  std::uint32_t sealed_chunks = 0;
  std::uint64_t sealed_words = 0;  ///< of 8 bytes, that the sealed chunks take
};

/// A view of the pane table in device memory, by value to kernels. A dense chunk holds the rows of
/// chunk_slots consecutive slots of one column: first all hot words, then all cold words.
struct PaneTableRef {
  RowLayout layout;
  ChunkEntry* directory = nullptr;  ///< [columns x chunks], a column's chunks side by side
  std::uint32_t columns = 0;
  std::uint32_t chunks = 0;
  std::uint32_t* noted = nullptr;  ///< [column] 1: has had events since it last held nothing
  const ChunkEntry* free_chunks = nullptr;  ///< stack of the pool's free chunks
  std::uint32_t free_count = 0;             ///< its height when the pass began
  std::uint32_t kept = 0;                   ///< how many of them the pass has to leave
  ChunkEntry* freed = nullptr;       ///< [totals->freed] go back to the stack between two passes
  ChunkEntry* open_pages = nullptr;  ///< [chunk] a page with room for sealed chunks, or absent
  PoolTotals* totals = nullptr;

  SLUICE_HD std::size_t index_of(ColumnIndex column, std::uint32_t chunk) const noexcept {
    return std::size_t{column} * chunks + chunk;
  }
  /// The row of `lane` (slot % chunk_slots) in the dense chunk that `entry` names.
  SLUICE_HD RowRef row(ChunkEntry entry, std::uint32_t lane) const noexcept {
    std::uint64_t* const words = memory_of(entry);
    return {words + std::size_t{lane} * layout.hot_words,
            words + std::size_t{chunk_slots} * layout.hot_words +
                std::size_t{lane} * layout.cold_words};
  }
};

}  // namespace sluice::cuda
