#pragma once

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/pane_table_ref.hpp"

namespace sluice::cuda {

/// Takes a chunk from the pool. `popped` counts the tries of a pass; what a pass gives back goes to
/// the pool after it, so that a chunk is never freed and taken in the same one.
/// @returns absent_chunk when the pool has no more than it has to keep.
__device__ inline ChunkEntry pop_chunk(const PaneTableRef& table, std::uint32_t* popped) {
  const std::uint64_t taken = atomic_add(popped, 1u);
  return taken + table.kept < table.free_count ? table.free_chunks[table.free_count - 1 - taken]
                                               : absent_chunk;
}

/// As pop_chunk, but leaves `spared` more in the pool, and a try in vain is none.
__device__ inline ChunkEntry pop_spare_chunk(const PaneTableRef& table, std::uint32_t* popped,
                                             std::uint32_t spared) {
  std::uint32_t taken = atomic_load(popped);
  while (std::uint64_t{taken} + table.kept + spared < table.free_count) {
    const std::uint32_t found = atomic_compare_exchange(popped, taken, taken + 1);
    if (found == taken) return table.free_chunks[table.free_count - 1 - taken];
    taken = found;
  }
  return absent_chunk;
}

/// Gives a chunk of the pool back.
__device__ inline void push_chunk(const PaneTableRef& table, ChunkEntry chunk) {
  table.freed[atomic_add(&table.totals->freed, 1u)] = chunk;
}

}  // namespace sluice::cuda
