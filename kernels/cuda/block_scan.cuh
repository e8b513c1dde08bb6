#pragma once

#include <cstdint>

#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

/// Turns [size] numbers in shared memory into the sums of those before each. Every thread of the
/// block comes here, after a barrier; ends with one. blockDim.x is a multiple of 32.
/// @returns the sum of all.
__device__ inline std::uint32_t scan_block(std::uint32_t* numbers, std::uint32_t size) {
  constexpr unsigned lanes = 32;
  constexpr unsigned every_lane = 0xffff'ffffu;
  __shared__ std::uint32_t sums[lanes];
  const std::uint32_t share = (size + blockDim.x - 1) / blockDim.x;
  const std::uint32_t begin = threadIdx.x * share < size ? threadIdx.x * share : size;
  const std::uint32_t end = begin + share < size ? begin + share : size;
  std::uint32_t mine = 0;
  for (std::uint32_t i = begin; i < end; ++i) mine += numbers[i];

  const unsigned lane = threadIdx.x % lanes;
  const unsigned warp = threadIdx.x / lanes;
  std::uint32_t up_to_me = mine;
  for (unsigned distance = 1; distance < lanes; distance *= 2) {
    const std::uint32_t other = __shfl_up_sync(every_lane, up_to_me, distance);
    if (lane >= distance) up_to_me += other;
  }
  if (lane == lanes - 1) sums[warp] = up_to_me;
  __syncthreads();
  std::uint32_t before = up_to_me - mine;
  std::uint32_t total = 0;
  for (unsigned w = 0; w < blockDim.x / lanes; ++w) {
    if (w < warp) before += sums[w];
    total += sums[w];
  }
  for (std::uint32_t i = begin; i < end; ++i) {
    const std::uint32_t number = numbers[i];
    numbers[i] = before;
    before += number;
  }
  __syncthreads();
  return total;
}

}  // namespace sluice::cuda
