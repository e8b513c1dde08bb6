#include "kernels/cuda/decode/patch_events.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

__global__ void __launch_bounds__(block_size)
    patch_events_kernel(const __grid_constant__ DecodedColumns columns, const PatchedEvent* events,
                        std::size_t count) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const PatchedEvent& event = events[i];
    if (columns.keep != nullptr) columns.keep[event.place] = 1;
    columns.length[event.place] = event.length;
    columns.time[event.place] = event.time;
    columns.key_low[event.place] = event.key_low;
    columns.key_high[event.place] = event.key_high;
    for (std::uint32_t v = 0; v < max_values; ++v) {
      if (columns.values[v] == nullptr) continue;
      columns.values[v][event.place] = event.values[v];
      columns.valid[v][event.place] = (event.nulls >> v & 1u) != 0 ? 0 : 1;
    }
  }
}

template <class T>
__device__ void move_in(T* column, const MovedEvent& move) {
  if (column != nullptr) column[move.to] = column[move.from];
}

__global__ void __launch_bounds__(block_size)
    move_events_kernel(const __grid_constant__ DecodedColumns columns, const MovedEvent* moves,
                       std::size_t count) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const MovedEvent move = moves[i];
    move_in(columns.time, move);
    move_in(columns.key_low, move);
    move_in(columns.key_high, move);
    move_in(columns.partition, move);
    move_in(columns.begin, move);
    move_in(columns.length, move);
    move_in(columns.message, move);
    for (std::uint32_t v = 0; v < max_values; ++v) {
      move_in(columns.values[v], move);
      move_in(columns.valid[v], move);
    }
  }
}

__global__ void __launch_bounds__(block_size)
    gather_extents_kernel(const __grid_constant__ DecodedColumns columns,
                          const std::uint32_t* events, std::size_t count, RawExtent* extents) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const std::uint32_t event = events[i];
    extents[i] = {columns.begin[event], columns.length[event], columns.message[event]};
  }
}

}  // namespace

void patch_events(const DecodedColumns& columns, const PatchedEvent* events, std::size_t count,
                  Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(patch_events_kernel, blocks_for(count), block_size, 0, stream, columns, events,
                count);
}

void move_events(const DecodedColumns& columns, const MovedEvent* moves, std::size_t count,
                 Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(move_events_kernel, blocks_for(count), block_size, 0, stream, columns, moves,
                count);
}

void gather_extents(const DecodedColumns& columns, const std::uint32_t* events, std::size_t count,
                    RawExtent* extents, Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(gather_extents_kernel, blocks_for(count), block_size, 0, stream, columns, events,
                count, extents);
}

}  // namespace sluice::cuda
