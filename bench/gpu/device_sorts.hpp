#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/runtime.hpp"

/// Device-wide sorts and scans of CUB (standard ones over the emulator), as ceilings.
namespace sluice::cuda {

/// Device memory that a call needs while it runs. Call with `memory` nullptr for its size.
struct Scratch {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

/// Sorts pairs by bits [begin_bit, end_bit) of the keys, stably. V: uint32, uint64. One pass of 8
/// bits is a partition into 256 parts.
/// @returns the bytes of scratch memory needed
template <class V>
std::size_t sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const V* values,
                       V* sorted_values, std::size_t count, int begin_bit, int end_bit,
                       Scratch scratch, Stream& stream);

/// sums[i] = the sum of values before i. @returns the bytes of scratch memory needed
std::size_t sum_before(const std::uint64_t* values, std::uint64_t* sums, std::size_t count,
                       Scratch scratch, Stream& stream);

}  // namespace sluice::cuda
