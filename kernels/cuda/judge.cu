#include "kernels/cuda/judge.hpp"

#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

__device__ void raise_maximum(const BatchLists& lists, const EventColumns& events,
                              std::uint32_t event) {
  const PartitionIndex partition =
      events.partition == nullptr ? events.single_partition : events.partition[event];
  const std::uint64_t time = biased(events.time[event]);
  std::uint64_t* const maximum = &lists.partition_maxima[partition];
  if (atomic_load(maximum) >= time) return;
  if (atomic_max(maximum, time) == 0) {
    lists.partitions[atomic_add(&lists.counters->batch.partitions, 1u)] = partition;
  }
}

__device__ bool is_beyond_the_panes(const BatchLimits& limits, EventTime time) {
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const Placement placement = place(limits, limits.grids[g], time);
    if (placement.taken && placement.is_beyond(limits.grids[g])) return true;
  }
  return false;
}

/// Counts what is dropped or parked. @returns whether the event goes on to its key.
__device__ bool admit(const BatchLimits& limits, const BatchLists& lists, Verdict verdict,
                      std::uint32_t event, EventTime time) {
  BatchTotals& totals = lists.counters->batch;
  switch (verdict) {
    case Verdict::future:
      atomic_add(&totals.future, 1u);
      return false;
    case Verdict::in_no_window:
      atomic_add(&totals.in_no_window, 1u);
      return false;
    case Verdict::late:
      lists.late[atomic_add(&totals.late, 1u)] = event;
      return false;
    case Verdict::accepted:
      break;
  }
  if (!is_beyond_the_panes(limits, time)) return true;
  lists.parked[atomic_add(&totals.parked, 1u)] = event;
  return false;
}

__global__ void __launch_bounds__(block_size)
    judge_events_kernel(BatchView batch, BatchLists lists, bool with_maxima) {
  for (std::size_t i = first_index(); i < batch.selected; i += index_stride()) {
    const std::uint32_t event = batch.event(i);
    const EventTime time = batch.events.time[event];
    const Verdict verdict = judge(batch.limits, time);
    if (with_maxima && verdict != Verdict::future) raise_maximum(lists, batch.events, event);
    lists.slots[event] =
        admit(batch.limits, lists, verdict, event, time) ? no_key_yet : nothing_left;
  }
}

__global__ void __launch_bounds__(block_size) gather_maxima_kernel(BatchLists lists) {
  const std::uint32_t count = lists.counters->batch.partitions;
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const PartitionIndex partition = lists.partitions[i];
    lists.maxima[i] = {partition, unbiased(lists.partition_maxima[partition])};
    lists.partition_maxima[partition] = 0;
  }
}

}  // namespace

void judge_events(const BatchView& batch, const BatchLists& lists, bool with_maxima,
                  Stream& stream) {
  if (batch.selected == 0) return;
  SLUICE_LAUNCH(judge_events_kernel, blocks_for(batch.selected), block_size, 0, stream, batch,
                lists, with_maxima);
}

void gather_maxima(const BatchLists& lists, Stream& stream) {
  SLUICE_LAUNCH(gather_maxima_kernel, 1u, block_size, 0, stream, lists);
}

}  // namespace sluice::cuda
