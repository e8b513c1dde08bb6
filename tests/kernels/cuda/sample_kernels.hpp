#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/runtime.hpp"

/// Kernels that between them use what the launch layer offers; built by nvcc and over the emulator.
/// All pointers are device pointers, borrowed until the stream has passed the call.
namespace sluice::cuda {

/// Adds to counts[v] how often v occurs; every value is below `groups`. Block-private counts in
/// dynamic shared memory.
void histogram(const std::uint32_t* values, std::size_t size, std::uint32_t groups,
               std::uint64_t* counts, Stream& stream);

/// Adds the sum of the values to *sum. Shuffles inside warps, static shared memory across them.
void sum(const std::int64_t* values, std::size_t size, std::int64_t* sum, Stream& stream);

/// sums[i] = values[0] + ... + values[i], for at most 1024 values in one block.
void scan(const std::uint32_t* values, std::uint32_t size, std::uint32_t* sums, Stream& stream);

/// Adds weights[i] to totals[keys[i]], once for each distinct key of a warp.
void add_by_key(const std::uint64_t* keys, const std::uint32_t* weights, std::size_t size,
                std::uint64_t* totals, Stream& stream);

/// What one lane of a full warp computes with the warp operations; see warp_facts.
struct WarpFacts {
  std::uint32_t from_lane_3;
  std::uint32_t from_below;
  std::uint32_t from_above;
  std::uint32_t from_partner;
  std::uint32_t from_segment_lane_1;  ///< in segments of 8 lanes
  std::uint64_t wide;
  std::uint32_t even_lanes;
  std::uint32_t lanes_of_my_third;
  std::int32_t any_is_31;
  std::int32_t all_below_31;
  std::uint32_t total;
};
void warp_facts(WarpFacts* facts, Stream& stream);  ///< [32]

/// Results of the integer intrinsics and 64-bit atomics on fixed operands.
struct WordFacts {
  std::int32_t popcount, first_set, leading_zeros, first_set_wide;
  std::uint64_t product_high;
  std::int64_t minimum, maximum;
  std::uint64_t exchanged, compared, combined;
  std::uint32_t winners;  ///< threads of 64 whose compare-and-exchange found the expected value
  double sum;
};
void word_facts(WordFacts* facts, Stream& stream);

}  // namespace sluice::cuda
