#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

/// Raises the maximum of `partition` to a biased time, and lists the partition when it is its
/// first.
__device__ inline void raise_maximum(const BatchLists& lists, PartitionIndex partition,
                                     std::uint64_t time) {
  std::uint64_t* const maximum = &lists.partition_maxima[partition];
  if (atomic_load(maximum) >= time) return;
  if (atomic_max(maximum, time) == 0) {
    lists.partitions[atomic_add(&lists.counters->batch.partitions, 1u)] = partition;
  }
}

/// Writes the maxima of listed partitions out, and forgets them. @param first, stride: a thread's
/// part of the list.
__device__ inline void gather_maxima_from(const BatchLists& lists, std::size_t first,
                                          std::size_t stride) {
  const std::uint32_t count = atomic_load(&lists.counters->batch.partitions);
  for (std::size_t i = first; i < count; i += stride) {
    const PartitionIndex partition = lists.partitions[i];
    lists.maxima[i] = {partition, unbiased(atomic_load(&lists.partition_maxima[partition]))};
    lists.partition_maxima[partition] = 0;
  }
}

}  // namespace sluice::cuda
