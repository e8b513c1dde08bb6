#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/runtime.hpp"

/// Kernels that do one thing that a device limits, and nothing else: what the kernels of the
/// backend are compared with.
namespace sluice::cuda {

/// Reads `bytes` (a multiple of 16) and writes next to nothing: what memory gives to a reader.
/// @param sum one word, device memory: the sum of all 32-bit words is added to it
void read_all(const void* from, std::size_t bytes, std::uint64_t* sum, Stream& stream);

/// slots[index[i]] += 1 for i < count, by reductions that return nothing. T: uint32, uint64,
/// double.
template <class T>
void reduce_at(T* slots, const std::uint32_t* index, std::size_t count, Stream& stream);

/// The same with rows of `words` 64-bit words side by side (2: a count and a sum; 4: and a minimum
/// and a maximum), so that an event touches one 32-byte sector.
void reduce_rows(std::uint64_t* rows, unsigned words, const std::uint32_t* index, std::size_t count,
                 Stream& stream);

/// Adds 1 to words of T in shared memory, `rounds` times a thread; every block has `slots` of them
/// (a power of two) and adds them to `totals` [slots] at its end. T: int32, uint64, double.
/// @returns how many additions there are in all.
template <class T>
std::uint64_t reduce_in_shared(T* totals, unsigned slots, unsigned rounds, Stream& stream);

}  // namespace sluice::cuda
