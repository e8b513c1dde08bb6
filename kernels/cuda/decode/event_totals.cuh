#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/decode/decode_events.hpp"
#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

inline constexpr unsigned every_lane = 0xffff'ffffu;
inline constexpr unsigned warp_lanes = 32;

/// What a thread notes of the events that it decoded.
struct NotedEvents {
  std::uint64_t latest = 0;
  std::uint64_t earliest = 0;
  std::uint32_t nulls = 0;
  std::uint32_t key_high = 0;

  template <class Draft>
  __device__ void take(const Draft& event) {
    const std::uint64_t time = biased(event.time());
    latest = latest > time ? latest : time;
    earliest = earliest > ~time ? earliest : ~time;
    nulls |= event.nulls();
    key_high |= event.has_key_high() ? 1u : 0u;
  }
};

__device__ inline std::uint64_t warp_maximum(std::uint64_t value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    const std::uint64_t other = __shfl_xor_sync(every_lane, value, distance);
    value = value > other ? value : other;
  }
  return value;
}

/// All lanes of a warp come here.
__device__ inline void add_up(const NotedEvents& noted, DecodeCounts& counts) {
  const std::uint64_t latest = warp_maximum(noted.latest);
  const std::uint64_t earliest = warp_maximum(noted.earliest);
  const std::uint32_t nulls = __reduce_or_sync(every_lane, noted.nulls);
  const std::uint32_t key_high = __reduce_or_sync(every_lane, noted.key_high);
  if (threadIdx.x % warp_lanes != 0 || latest == 0) return;
  atomic_max(&counts.latest, latest);
  atomic_max(&counts.earliest, earliest);
  if (nulls != 0) atomic_or(&counts.nulls, nulls);
  if (key_high != 0) atomic_store(&counts.key_high, 1u);
}

/// An event that the filter took out.
struct FilteredEvent {
  std::uint64_t time = 0;  ///< biased; 0: there is none
  PartitionIndex partition = 0;
};

/// Counts the events of a warp and raises the maxima of their partitions, of which most warps have
/// one. All lanes come here.
__device__ inline void add_filtered(const FilteredEvent& event, const RawBatch& batch) {
  std::uint32_t left = __ballot_sync(every_lane, event.time != 0);
  if (left == 0) return;
  const unsigned lane = threadIdx.x % warp_lanes;
  if (lane == 0) {
    atomic_add(&batch.front->counts.filtered, static_cast<std::uint32_t>(__popc(left)));
  }
  while (left != 0) {
    const int first = __ffs(static_cast<int>(left)) - 1;
    const std::uint32_t partition =
        __shfl_sync(every_lane, static_cast<std::uint32_t>(event.partition), first);
    const bool is_of_it = event.time != 0 && event.partition == partition;
    const std::uint64_t latest = warp_maximum(is_of_it ? event.time : 0);
    std::uint64_t* const maximum = &batch.filtered_maxima[partition];
    if (lane == 0 && atomic_load(maximum) < latest) atomic_max(maximum, latest);
    left &= ~__ballot_sync(every_lane, is_of_it);
  }
}

}  // namespace sluice::cuda
