#pragma once

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/pane_table_ref.hpp"

namespace sluice::cuda {

/// Takes a chunk from the pool. `popped` counts the tries of a pass; what it gives back goes to the
/// pool after the pass, so that a chunk is never freed and taken in the same one.
/// @returns absent_chunk when the pool is empty.
__device__ inline ChunkEntry pop_chunk(const PaneTableRef& table, std::uint32_t* popped) {
  const std::uint32_t taken = atomic_add(popped, 1u);
  return taken < table.free_count ? table.free_chunks[table.free_count - 1 - taken] + 1
                                  : absent_chunk;
}

}  // namespace sluice::cuda
