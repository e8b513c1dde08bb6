#include "kernels/cuda/close.hpp"

#include "kernels/cuda/chunk_pool.cuh"
#include "kernels/cuda/thread_range.cuh"
#include "kernels/row_operations.hpp"

namespace sluice::cuda {

namespace {

constexpr unsigned warp_size = 32;
constexpr unsigned all_lanes = 0xffff'ffffu;

/// One thread's part in its block: one slot of the block's chunk.
struct SlotThread {
  const PaneTableRef& table;
  const ClosingOutput& output;
  std::uint32_t chunk;
  bool named;  ///< the program is run for this slot

  __device__ ChunkEntry entry(ColumnIndex column) const {
    return column == no_column ? absent_chunk : table.directory[table.index_of(column, chunk)];
  }
  __device__ RowRef row(ChunkEntry entry) const { return table.row(entry, threadIdx.x); }
  __device__ bool holds_row(ChunkEntry entry) const {
    return named && is_chunk(entry) && row(entry).hot[0] != 0;
  }
};

/// Opens the block's chunk of `column`. Every thread of the block comes here, behind a barrier.
__device__ ChunkEntry open_chunk(const SlotThread& self, ColumnIndex column) {
  __shared__ ChunkEntry opened;
  if (threadIdx.x == 0) {
    opened = pop_chunk(self.table, &self.output.totals->popped);
    self.table.directory[self.table.index_of(column, self.chunk)] = opened;
  }
  __syncthreads();
  const ChunkEntry entry = opened;
  if (is_chunk(entry)) reset_row(self.table.layout, self.row(entry));
  return entry;
}

/// Each step returns, alike in all threads of the block, whether it could be done. Decisions hang
/// on directory entries alone, and those change only between two barriers.
__device__ bool combine(const SlotThread& self, const ColumnStep& step) {
  const ChunkEntry source = self.entry(step.source);
  if (!is_chunk(source)) return true;
  ChunkEntry target = self.entry(step.target);
  if (!is_chunk(target)) {
    if (__syncthreads_or(self.holds_row(source) ? 1 : 0) == 0) return true;
    target = open_chunk(self, step.target);
    if (!is_chunk(target)) return false;
  }
  if (self.holds_row(source)) {
    combine_row<PlainWords>(self.table.layout, self.row(target), self.row(source));
  }
  return true;
}

__device__ void remove(const SlotThread& self, const ColumnStep& step) {
  const ChunkEntry source = self.entry(step.source);
  const ChunkEntry target = self.entry(step.target);
  if (is_chunk(target) && self.holds_row(source)) {
    remove_row(self.table.layout, self.row(target), self.row(source));
  }
}

__device__ void reset(const SlotThread& self, const ColumnStep& step) {
  const ChunkEntry target = self.entry(step.target);
  if (self.named && is_chunk(target)) reset_row(self.table.layout, self.row(target));
}

__device__ void drop(const SlotThread& self, const ColumnStep& step) {
  __syncthreads();
  if (threadIdx.x == 0) {
    ChunkEntry* const entry = &self.table.directory[self.table.index_of(step.target, self.chunk)];
    if (is_chunk(*entry)) {
      self.output.freed[atomic_add(&self.output.totals->freed, 1u)] = *entry - 1;
    }
    *entry = absent_chunk;
  }
  __syncthreads();
}

/// The place in the output of each row that a thread of the block has, in the order of slots.
struct RowPlaces {
  std::uint32_t before[block_size / warp_size];  ///< rows of the warps before
  std::uint32_t begin;
  bool fit;
};

/// Asks for places for all rows of the block at once: one atomic operation. Rows that fit have no
/// gap between them, since nothing fits any more after the first that did not.
__device__ void reserve_rows(const SlotThread& self, RowPlaces& places, std::uint32_t output) {
  std::uint32_t count = 0;
  for (std::uint32_t& before : places.before) {
    const std::uint32_t rows = before;
    before = count;
    count += rows;
  }
  ClosingTotals& totals = *self.output.totals;
  places.begin = atomic_add(&totals.reserved, count);
  places.fit = places.begin <= self.output.capacity && count <= self.output.capacity - places.begin;
  if (!places.fit) return;
  atomic_add(&totals.rows, count);
  self.output.emissions[atomic_add(&totals.emissions, 1u)] = {output, self.chunk, places.begin,
                                                              count};
}

__device__ void write_row(const SlotThread& self, ChunkEntry target, ChunkEntry source,
                          std::size_t place) {
  const RowLayout& layout = self.table.layout;
  std::uint64_t* const words = self.output.words + place * layout.words();
  const RowRef row{words, words + layout.hot_words};
  self.output.slots[place] = self.chunk * chunk_slots + threadIdx.x;
  reset_row(layout, row);
  if (self.holds_row(target)) combine_row<PlainWords>(layout, row, self.row(target));
  if (self.holds_row(source)) combine_row<PlainWords>(layout, row, self.row(source));
}

__device__ bool emit(const SlotThread& self, const ColumnStep& step) {
  __shared__ RowPlaces places;
  const ChunkEntry target = self.entry(step.target);
  const ChunkEntry source = self.entry(step.source);
  if (!is_chunk(target) && !is_chunk(source)) return true;
  const bool has_row = self.holds_row(target) || self.holds_row(source);
  if (__syncthreads_or(has_row ? 1 : 0) == 0) return true;

  const unsigned lane = threadIdx.x % warp_size;
  const unsigned warp = threadIdx.x / warp_size;
  const unsigned rows = __ballot_sync(all_lanes, has_row ? 1 : 0);
  if (lane == 0) places.before[warp] = static_cast<std::uint32_t>(__popc(rows));
  __syncthreads();
  if (threadIdx.x == 0) reserve_rows(self, places, step.output);
  __syncthreads();
  if (!places.fit) return false;
  if (has_row) {
    const auto before = static_cast<std::uint32_t>(__popc(rows & ((1u << lane) - 1)));
    write_row(self, target, source, std::size_t{places.begin} + places.before[warp] + before);
  }
  return true;
}

__device__ bool run_step(const SlotThread& self, const ColumnStep& step, bool whole_chunk) {
  switch (step.kind) {
    case ColumnStep::Kind::combine:
      return combine(self, step);
    case ColumnStep::Kind::remove:
      remove(self, step);
      return true;
    case ColumnStep::Kind::reset:
      reset(self, step);
      return true;
    case ColumnStep::Kind::drop:
      if (whole_chunk) {
        drop(self, step);
      } else {
        reset(self, step);
      }
      return true;
    case ColumnStep::Kind::emit:
      return emit(self, step);
    case ColumnStep::Kind::seal:
      return true;
  }
  return true;
}

/// Whether this thread's slot is one of the group's.
__device__ bool is_named(const ClosingProgram& program, const SlotGroup& group) {
  __shared__ bool named[chunk_slots];
  named[threadIdx.x] = false;
  __syncthreads();
  if (threadIdx.x < group.count) {
    named[program.slots[group.begin + threadIdx.x] % chunk_slots] = true;
  }
  __syncthreads();
  return named[threadIdx.x];
}

__global__ void __launch_bounds__(block_size)
    run_program_kernel(PaneTableRef table, ClosingProgram program, ClosingOutput output) {
  const bool whole_chunk = program.groups == nullptr;
  const SlotGroup group =
      whole_chunk ? SlotGroup{blockIdx.x, 0, chunk_slots} : program.groups[blockIdx.x];
  const SlotThread self{table, output, group.chunk, whole_chunk || is_named(program, group)};
  std::uint32_t step = program.progress[blockIdx.x];
  while (step < program.step_count && run_step(self, program.steps[step], whole_chunk)) ++step;
  __syncthreads();
  if (threadIdx.x != 0) return;
  program.progress[blockIdx.x] = step;
  if (step < program.step_count) atomic_add(&output.totals->stalled, 1u);
}

__global__ void __launch_bounds__(block_size)
    write_rows_kernel(PaneTableRef table, ColumnIndex column, const KeySlot* slots,
                      const std::uint64_t* words, std::size_t count) {
  const RowLayout& layout = table.layout;
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const KeySlot slot = slots[i];
    const RowRef row =
        table.row(table.directory[table.index_of(column, slot / chunk_slots)], slot % chunk_slots);
    const std::uint64_t* const from = words + i * layout.words();
    for (std::uint32_t w = 0; w < layout.hot_words; ++w) row.hot[w] = from[w];
    for (std::uint32_t w = 0; w < layout.cold_words; ++w) row.cold[w] = from[layout.hot_words + w];
  }
}

}  // namespace

void run_program(const PaneTableRef& table, const ClosingProgram& program,
                 const ClosingOutput& output, Stream& stream) {
  static_assert(chunk_slots == block_size);
  if (program.group_count == 0 || program.step_count == 0) return;
  SLUICE_LAUNCH(run_program_kernel, program.group_count, block_size, 0, stream, table, program,
                output);
}

void write_rows(const PaneTableRef& table, ColumnIndex column, const KeySlot* slots,
                const std::uint64_t* words, std::size_t count, Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(write_rows_kernel, blocks_for(count), block_size, 0, stream, table, column, slots,
                words, count);
}

}  // namespace sluice::cuda
