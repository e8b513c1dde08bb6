#include "kernels/cuda/accumulate.hpp"

#include "kernels/cuda/atomic_words.cuh"
#include "kernels/cuda/plain_events.cuh"
#include "kernels/cuda/thread_range.cuh"
#include "kernels/row_operations.hpp"

namespace sluice::cuda {

namespace {

__device__ bool has_all_chunks(const BatchView& batch, const PaneTableRef& table, EventTime time,
                               KeySlot slot) {
  for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
    const GridLimits& grid = batch.limits.grids[g];
    const Placement placement = place(batch.limits, grid, time);
    if (!placement.taken) continue;
    if (!is_chunk(entry_of(table, grid.columns[placement.pane], slot))) return false;
  }
  return true;
}

__device__ void note_refusals(const BatchLimits& limits, const BatchLists& lists, EventTime time) {
  if (time >= limits.untouched_from) return;
  for (std::uint32_t w = 0; w < limits.window_count; ++w) {
    if (refuses(limits.windows[w], time)) {
      atomic_add(&lists.counters->batch.refused[w], std::uint64_t{1});
    }
  }
}

/// The largest |value| that goes into a sum of integers.
__device__ void note_magnitude(const RowLayout& layout, const BatchView& batch,
                               const BatchLists& lists, std::uint32_t event) {
  std::uint64_t* const largest = &lists.counters->plain.magnitude;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    const ValueColumn& column = batch.events.values[spec.value];
    if (spec.kind != AccumulatorKind::sum_integer) continue;
    if (column.valid != nullptr && column.valid[event] == 0) continue;
    const std::int64_t value = column[event];
    const std::uint64_t magnitude =
        value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
    if (magnitude > atomic_load(largest)) atomic_max(largest, magnitude);
  }
}

__device__ void lift(const BatchView& batch, const PaneTableRef& table, const Shifts& shifts,
                     const BatchLists& lists, std::uint32_t event, KeySlot slot) {
  const EventTime time = batch.events.time[event];
  bool corrects = false;
  for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
    const GridLimits& grid = batch.limits.grids[g];
    const Placement placement = place(batch.limits, grid, time);
    if (!placement.taken) continue;
    const ColumnIndex column = grid.columns[placement.pane];
    const RowRef row = table.row(entry_of(table, column, slot), slot % chunk_slots);
    lift_event<AtomicWords>(table.layout, row, batch.events, shifts.of, event);
    note_column(table, lists, column);
    corrects = corrects || placement.pane + grid.first_pane < grid.corrected_before;
  }
  if (corrects) {
    CorrectedEvent& entry = lists.corrections[atomic_add(&lists.counters->batch.corrections, 1u)];
    entry.event = event;
    entry.slot = slot;
  }
  note_refusals(batch.limits, lists, time);
  note_magnitude(table.layout, batch, lists, event);
}

__global__ void __launch_bounds__(block_size)
    accumulate_events_kernel(BatchView batch, PaneTableRef table, Shifts shifts, BatchLists lists) {
  for (std::size_t i = first_index(); i < batch.selected; i += index_stride()) {
    const std::uint32_t event = batch.event(i);
    const std::uint32_t slot = lists.slots[event];
    if (slot == nothing_left || slot == no_key_yet) continue;
    if (has_all_chunks(batch, table, batch.events.time[event], slot)) {
      lift(batch, table, shifts, lists, event, slot);
      lists.slots[event] = nothing_left;
    } else {
      lists.starved[atomic_add(&lists.counters->round.starved, 1u)] = event;
    }
  }
}

__global__ void __launch_bounds__(block_size)
    time_corrections_kernel(TimeColumn times, CorrectedEvent* corrections, std::size_t count) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    corrections[i].time = times[corrections[i].event];
  }
}

}  // namespace

void time_corrections(const EventColumns& events, CorrectedEvent* corrections, std::size_t count,
                      Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(time_corrections_kernel, blocks_for(count), block_size, 0, stream, events.time,
                corrections, count);
}

void accumulate_events(const BatchView& batch, const PaneTableRef& table, const Shifts& shifts,
                       const BatchLists& lists, Stream& stream) {
  if (batch.selected == 0) return;
  SLUICE_LAUNCH(accumulate_events_kernel, blocks_for(batch.selected), block_size, 0, stream, batch,
                table, shifts, lists);
}

}  // namespace sluice::cuda
