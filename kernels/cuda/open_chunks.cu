#include "kernels/cuda/open_chunks.hpp"

#include "kernels/cuda/sealed_chunk.cuh"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

/// Blocks that open chunks, one chunk at a time each.
constexpr std::size_t opening_blocks = 64;
/// And blocks that open whole columns: writing the rows of a million keys is bound by the memory.
constexpr std::size_t ahead_blocks = 1024;

/// The slot of a key that was new in this round.
__device__ KeySlot settled_slot(const KeyDictionaryRef& keys, std::uint32_t found) {
  const std::uint32_t place = found & ~place_bit;
  return (place & direct_bit) != 0 ? keys.direct[place & ~direct_bit]
                                   : slot_of(keys.entries[place]);
}

__device__ void want_chunk(const PaneTableRef& table, const BatchLists& lists, std::size_t index) {
  ChunkEntry* const entry = &table.directory[index];
  if (!want_dense(entry)) return;
  const std::uint32_t at = atomic_add(&lists.counters->round.wanted, 1u);
  if (at < lists.wanted_capacity) {
    lists.wanted[at] = index;
  } else {
    want_no_more(entry);
  }
}

__global__ void __launch_bounds__(block_size)
    want_chunks_kernel(BatchView batch, KeyDictionaryRef keys, PaneTableRef table,
                       BatchLists lists) {
  for (std::size_t i = first_index(); i < batch.selected; i += index_stride()) {
    const std::uint32_t event = batch.event(i);
    std::uint32_t slot = lists.slots[event];
    if (slot == nothing_left || slot == no_key_yet) continue;
    if ((slot & place_bit) != 0) {
      slot = settled_slot(keys, slot);
      lists.slots[event] = slot;
    }
    const EventTime time = batch.events.time[event];
    for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
      const GridLimits& grid = batch.limits.grids[g];
      const Placement placement = place(batch.limits, grid, time);
      if (!placement.taken) continue;
      const ColumnIndex column = grid.columns[placement.pane];
      if (column < table.columns) {
        want_chunk(table, lists, table.index_of(column, slot / chunk_slots));
      }
    }
  }
}

__global__ void __launch_bounds__(block_size)
    open_chunks_kernel(PaneTableRef table, WantedChunks wanted) {
  const std::uint32_t count = *wanted.count < wanted.capacity ? *wanted.count : wanted.capacity;
  for (std::uint32_t i = blockIdx.x; i < count; i += gridDim.x) {
    open_wanted_chunk(table, &table.directory[wanted.indices[i]], wanted.popped);
  }
}

__global__ void __launch_bounds__(block_size)
    open_columns_kernel(PaneTableRef table, const ColumnIndex* columns, std::size_t entries,
                        std::uint32_t chunks, std::uint32_t* popped) {
  for (std::size_t i = blockIdx.x; i < entries; i += gridDim.x) {
    const auto chunk = static_cast<std::uint32_t>(i % chunks);
    ChunkEntry* const entry = &table.directory[table.index_of(columns[i / chunks], chunk)];
    const bool is_absent = *entry == absent_chunk;
    __syncthreads();  // all have read what the first thread is about to change
    if (is_absent) open_wanted_chunk(table, entry, popped);
  }
}

__global__ void __launch_bounds__(block_size)
    move_directory_kernel(const ChunkEntry* from, std::size_t size, std::uint32_t chunks,
                          ChunkEntry* to, std::uint32_t to_chunks) {
  for (std::size_t i = first_index(); i < size; i += index_stride()) {
    to[i / chunks * to_chunks + i % chunks] = from[i];
  }
}

}  // namespace

void want_chunks(const BatchView& batch, const KeyDictionaryRef& keys, const PaneTableRef& table,
                 const BatchLists& lists, Stream& stream) {
  if (batch.selected == 0) return;
  SLUICE_LAUNCH(want_chunks_kernel, blocks_for(batch.selected), block_size, 0, stream, batch, keys,
                table, lists);
}

void open_chunks(const PaneTableRef& table, const WantedChunks& wanted, Stream& stream) {
  static_assert(chunk_slots == block_size);
  if (wanted.capacity == 0) return;
  const auto blocks = static_cast<unsigned>(std::min<std::size_t>(wanted.capacity, opening_blocks));
  SLUICE_LAUNCH(open_chunks_kernel, blocks, block_size, 0, stream, table, wanted);
}

void open_columns(const PaneTableRef& table, const ColumnIndex* columns, std::uint32_t count,
                  std::uint32_t chunks, std::uint32_t* popped, Stream& stream) {
  const std::size_t entries = std::size_t{count} * chunks;
  if (entries == 0) return;
  const auto blocks = static_cast<unsigned>(std::min<std::size_t>(entries, ahead_blocks));
  SLUICE_LAUNCH(open_columns_kernel, blocks, block_size, 0, stream, table, columns, entries, chunks,
                popped);
}

void move_directory(const ChunkEntry* from, std::uint32_t columns, std::uint32_t chunks,
                    ChunkEntry* to, std::uint32_t to_chunks, Stream& stream) {
  const std::size_t size = std::size_t{columns} * chunks;
  if (size == 0) return;
  SLUICE_LAUNCH(move_directory_kernel, blocks_for(size), block_size, 0, stream, from, size, chunks,
                to, to_chunks);
}

}  // namespace sluice::cuda
