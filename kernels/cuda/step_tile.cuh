#pragma once

#include "kernels/column_step.hpp"
#include "kernels/cuda/close.hpp"
#include "kernels/cuda/sealed_chunk.cuh"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

/// The next steps of a strand and the chunks they go to, fetched by all threads of a block at once,
/// so that the way from a step to a row is one access to memory and not three in a row. In shared
/// memory. Between two barriers threads only read it; a block that changes a chunk of the directory
/// publishes it.
struct StepTile {
  static constexpr std::uint32_t capacity = block_size;

  ColumnStep::Kind kind[capacity];
  bool adds[capacity];  ///< an emit of two columns
  ColumnIndex target[capacity];
  ColumnIndex operand[capacity];  ///< the column read: the source, or the target of an emit of one
  std::uint32_t output[capacity];
  ChunkEntry target_chunk[capacity];
  ChunkEntry operand_chunk[capacity];
};

/// A column that the directory does not have, no_column among them, holds nothing.
__device__ inline ChunkEntry chunk_of(const PaneTableRef& table, ColumnIndex column,
                                      std::uint32_t chunk) {
  return column < table.columns ? table.directory[table.index_of(column, chunk)] : absent_chunk;
}

/// Between barriers.
__device__ inline void load_tile(StepTile& tile, const PaneTableRef& table, std::uint32_t chunk,
                                 const ColumnStep* steps, std::uint32_t count) {
  __syncthreads();
  if (threadIdx.x < count) {
    const ColumnStep step = steps[threadIdx.x];
    const bool emits = step.kind == ColumnStep::Kind::emit;
    const ColumnIndex operand = emits && step.source == no_column ? step.target : step.source;
    tile.kind[threadIdx.x] = step.kind;
    tile.adds[threadIdx.x] = emits && step.source != no_column;
    tile.target[threadIdx.x] = step.target;
    tile.operand[threadIdx.x] = operand;
    tile.output[threadIdx.x] = step.output;
    tile.target_chunk[threadIdx.x] = chunk_of(table, step.target, chunk);
    tile.operand_chunk[threadIdx.x] = chunk_of(table, operand, chunk);
  } else {
    tile.target[threadIdx.x] = no_column;
    tile.operand[threadIdx.x] = no_column;
  }
  __syncthreads();
}

/// After a barrier behind the last look at the tile; ends with one.
__device__ inline void publish(StepTile& tile, ColumnIndex column, ChunkEntry chunk) {
  if (tile.target[threadIdx.x] == column) tile.target_chunk[threadIdx.x] = chunk;
  if (tile.operand[threadIdx.x] == column) tile.operand_chunk[threadIdx.x] = chunk;
  __syncthreads();
}

}  // namespace sluice::cuda
