#include "kernels/cuda/judge.hpp"

#include "kernels/cuda/partition_maxima.cuh"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

__device__ PartitionIndex partition_of(const EventColumns& events, std::uint32_t event) {
  return events.partition == nullptr ? events.single_partition : events.partition[event];
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
    if (with_maxima && verdict != Verdict::future) {
      raise_maximum(lists, partition_of(batch.events, event), biased(time));
    }
    lists.slots[event] =
        admit(batch.limits, lists, verdict, event, time) ? no_key_yet : nothing_left;
  }
}

__global__ void __launch_bounds__(block_size) gather_maxima_kernel(BatchLists lists) {
  gather_maxima_from(lists, first_index(), index_stride());
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
