#pragma once

#include <algorithm>

#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

/// Threads of a block in every kernel of the backend; also the slots of a chunk.
inline constexpr unsigned block_size = 256;

/// Blocks of a grid-stride launch over `size` elements: enough to fill any device, few enough that
/// a list whose length only the device knows costs little when it is short.
inline unsigned blocks_for(std::size_t size, std::size_t most = 2048) {
  return static_cast<unsigned>(
      std::min<std::size_t>(std::max<std::size_t>((size + block_size - 1) / block_size, 1), most));
}

/// The grid-stride loop of one thread: for (i = first_index(); i < size; i += index_stride()).
__device__ inline std::size_t first_index() {
  return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ inline std::size_t index_stride() { return std::size_t{gridDim.x} * blockDim.x; }

}  // namespace sluice::cuda
