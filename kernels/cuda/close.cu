#include "kernels/cuda/close.hpp"

#include <optional>

#include "kernels/cuda/held_row.cuh"
#include "kernels/cuda/step_tile.cuh"

namespace sluice::cuda {

namespace {

constexpr unsigned warp_size = 32;
constexpr unsigned all_lanes = 0xffff'ffffu;
/// Blocks that a multiprocessor holds: 80 registers a thread. At 4 blocks and 64 registers rows
/// spill; 3 blocks have twice the bytes in flight that hide the latency of memory.
constexpr unsigned resident = 3;

/// The place in the output of each row that a thread of the block has, in the order of slots.
struct RowPlaces {
  std::uint32_t before[block_size / warp_size];  ///< rows of the warps before
  std::uint32_t count;
  std::uint32_t begin;
  bool fit;
};

/// What the threads of a block share.
struct BlockShared {
  StepTile tile;
  RowPlaces places[2];  ///< of this emission and of the one before, which some still read
  OpenPage open;
  ChunkEntry opened;
};

/// One thread's part in a strand: one slot of the block's chunk. Every thread of the block does
/// every step; decisions hang on the tile alone, so all take the same way.
template <class Row>
class StrandThread {
 public:
  __device__ StrandThread(const PaneTableRef& table, const RowRules& rules,
                          const ClosingProgram& program, const ClosingOutput& output,
                          BlockShared& shared, std::uint32_t chunk, bool whole_chunk, bool named)
      : table_(table),
        program_(program),
        output_(output),
        shared_(shared),
        tile_(shared.tile),
        row_(table, rules),
        chunk_(chunk),
        whole_chunk_(whole_chunk),
        named_(named) {}

  /// @returns how many of the tile's steps were done. The row of the next step's operand is fetched
  /// while a step runs, where the step cannot change it.
  __device__ std::uint32_t run(std::uint32_t count) {
    Source next = row_.none();
    bool fetched = false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Source operand = fetched ? next : fetch(tile_.operand[i], tile_.operand_chunk[i]);
      fetched =
          i + 1 < count && tile_.operand[i + 1] != tile_.target[i] && tile_.operand[i + 1] != held_;
      if (fetched) next = fetch(tile_.operand[i + 1], tile_.operand_chunk[i + 1]);
      if (!step(i, operand)) return i;
    }
    return count;
  }

  __device__ void let_go() {
    if (held_ != no_column) row_.store();
    held_ = no_column;
  }

 private:
  using Source = typename Row::Source;

  __device__ Source fetch(ColumnIndex column, ChunkEntry chunk) const {
    if (!named_) return row_.none();
    return column == held_ && column != no_column ? row_.held() : row_.fetch(chunk);
  }

  __device__ bool step(std::uint32_t i, const Source& operand) {
    switch (tile_.kind[i]) {
      case ColumnStep::Kind::combine:
        return combine(i, operand);
      case ColumnStep::Kind::remove:
        return remove(i, operand);
      case ColumnStep::Kind::reset:
        return reset(i);
      case ColumnStep::Kind::drop:
        return whole_chunk_ ? drop(i) : reset(i);
      case ColumnStep::Kind::emit:
        return emit(i, operand);
      case ColumnStep::Kind::seal:
        return !whole_chunk_ || seal(i);
    }
    return true;
  }

  __device__ bool combine(std::uint32_t i, const Source& operand) {
    if (!holds_rows(tile_.operand_chunk[i])) return true;
    if (!is_chunk(tile_.target_chunk[i])) {
      if (__syncthreads_or(Row::is_row(operand) ? 1 : 0) == 0) return true;
      if (!open(i)) return false;
    }
    hold(i);
    row_.add(operand);
    return true;
  }

  __device__ bool remove(std::uint32_t i, const Source& operand) {
    if (!holds_rows(tile_.operand_chunk[i]) || !holds_rows(tile_.target_chunk[i])) return true;
    if (is_sealed(tile_.target_chunk[i]) && !open(i)) return false;
    hold(i);
    row_.remove(operand);
    return true;
  }

  __device__ bool reset(std::uint32_t i) {
    const ChunkEntry target = tile_.target_chunk[i];
    if (whole_chunk_) {
      if (is_sealed(target)) return drop(i);
      forget_note(tile_.target[i]);
    }
    if (!holds_rows(target)) return true;
    if (is_sealed(target) && !open(i)) return false;
    if (whole_chunk_ && held_ != tile_.target[i]) {
      let_go();
      held_ = tile_.target[i];
      row_.load_new(tile_.target_chunk[i]);
      return true;
    }
    hold(i);
    if (named_) row_.reset();
    return true;
  }

  __device__ bool drop(std::uint32_t i) {
    const ColumnIndex column = tile_.target[i];
    const ChunkEntry target = tile_.target_chunk[i];
    forget_note(column);
    if (!holds_rows(target)) return true;
    if (held_ == column) held_ = no_column;
    __syncthreads();
    if (threadIdx.x == 0) {
      release_chunk(table_, target);
      table_.directory[table_.index_of(column, chunk_)] = absent_chunk;
    }
    publish(tile_, column, absent_chunk);
    return true;
  }

  __device__ bool seal(std::uint32_t i) {
    const ColumnIndex column = tile_.target[i];
    ChunkEntry target = tile_.target_chunk[i];
    if (!is_chunk(target)) return true;
    if (held_ == column) let_go();
    const Sealing result = seal_chunk(table_, chunk_, shared_.open, target);
    if (result == Sealing::no_room) {
      if (program_.seals_wait && threadIdx.x == 0) atomic_add(&output_.totals->roomless, 1u);
      return !program_.seals_wait;
    }
    if (result == Sealing::not_worthwhile) return true;
    if (threadIdx.x == 0) table_.directory[table_.index_of(column, chunk_)] = target;
    publish(tile_, column, target);
    return true;
  }

  /// Holds the row of the step's target, which is dense.
  __device__ void hold(std::uint32_t i) {
    if (held_ == tile_.target[i]) return;
    let_go();
    held_ = tile_.target[i];
    row_.load(tile_.target_chunk[i]);
  }

  /// Makes the step's target dense and holds its row.
  __device__ bool open(std::uint32_t i) {
    const ColumnIndex column = tile_.target[i];
    const ChunkEntry before = tile_.target_chunk[i];
    let_go();
    if (threadIdx.x == 0) {
      const ChunkEntry opened = pop_chunk(table_, &output_.totals->popped);
      if (opened != absent_chunk) table_.directory[table_.index_of(column, chunk_)] = opened;
      shared_.opened = opened;
    }
    __syncthreads();
    const ChunkEntry opened = shared_.opened;
    if (opened == absent_chunk) return false;
    if (is_sealed(before)) unseal_rows(table_, before, opened);
    publish(tile_, column, opened);
    held_ = column;
    if (is_sealed(before)) {
      row_.load(opened);
    } else {
      row_.load_new(opened);
    }
    return true;
  }

  /// A column that is empty for every slot is noted again at its next event.
  __device__ void forget_note(ColumnIndex column) {
    if (chunk_ == 0 && threadIdx.x == 0 && column < table_.columns) table_.noted[column] = 0;
  }

  __device__ bool emit(std::uint32_t i, const Source& operand) {
    const bool adds = tile_.adds[i];
    if (!holds_rows(tile_.operand_chunk[i]) && !(adds && holds_rows(tile_.target_chunk[i]))) {
      return true;
    }
    const Source other = adds ? fetch(tile_.target[i], tile_.target_chunk[i]) : row_.none();
    const bool has_row = Row::is_row(operand) || Row::is_row(other);
    const unsigned lane = threadIdx.x % warp_size;
    const unsigned warp = threadIdx.x / warp_size;
    const unsigned rows = __ballot_sync(all_lanes, has_row ? 1 : 0);
    RowPlaces& places = shared_.places[emissions_++ % 2];
    if (lane == 0) places.before[warp] = static_cast<std::uint32_t>(__popc(rows));
    __syncthreads();
    if (threadIdx.x == 0) reserve_rows(places, tile_.output[i]);
    __syncthreads();
    if (places.count == 0) return true;
    if (!places.fit) return false;
    if (has_row) {
      const auto before = static_cast<std::uint32_t>(__popc(rows & ((1u << lane) - 1)));
      const std::size_t place = std::size_t{places.begin} + places.before[warp] + before;
      output_.slots[place] = chunk_ * chunk_slots + threadIdx.x;
      row_.write(output_.words + place * table_.layout.words(), other, operand);
    }
    return true;
  }

  /// Asks for places for all rows of the block at once: one atomic operation. Rows that fit have no
  /// gap between them, since nothing fits any more after the first that did not.
  __device__ void reserve_rows(RowPlaces& places, std::uint32_t output) {
    std::uint32_t count = 0;
    for (std::uint32_t& before : places.before) {
      const std::uint32_t rows = before;
      before = count;
      count += rows;
    }
    places.count = count;
    if (count == 0) return;
    ClosingTotals& totals = *output_.totals;
    const std::uint64_t asked = std::uint64_t{count} << 32 | 1u;
    const std::uint64_t reserved = atomic_add(&totals.reserved, asked);
    const auto emission = static_cast<std::uint32_t>(reserved);
    places.begin = static_cast<std::uint32_t>(reserved >> 32);
    places.fit = places.begin <= output_.capacity && count <= output_.capacity - places.begin &&
                 emission < output_.emission_capacity;
    if (!places.fit) return;
    atomic_add(&totals.written, asked);
    output_.emissions[emission] = {output, chunk_, places.begin, count};
  }

  const PaneTableRef& table_;
  const ClosingProgram& program_;
  const ClosingOutput& output_;
  BlockShared& shared_;
  StepTile& tile_;
  Row row_;
  std::uint32_t chunk_;
  bool whole_chunk_;
  bool named_;  ///< the program is run for this slot
  ColumnIndex held_ = no_column;
  unsigned emissions_ = 0;
};

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

template <class Row>
__global__ void __launch_bounds__(block_size, resident)
    run_program_kernel(PaneTableRef table, RowRules rules, ClosingProgram program,
                       ClosingOutput output) {
  __shared__ BlockShared shared;
  const std::uint32_t strand = blockIdx.x / program.group_count;
  const std::uint32_t index = blockIdx.x % program.group_count;
  const bool whole_chunk = program.groups == nullptr;
  const SlotGroup group = whole_chunk ? SlotGroup{index, 0, chunk_slots} : program.groups[index];
  const std::uint32_t begin = strand == 0 ? 0 : program.strands[strand - 1];
  const std::uint32_t end = program.strands[strand];
  std::uint32_t step = begin + program.progress[blockIdx.x];
  if (step == end) return;
  if (threadIdx.x == 0) shared.open = {nullptr, &output.totals->popped, program.spared};

  StrandThread<Row> self(table, rules, program, output, shared, group.chunk, whole_chunk,
                         whole_chunk || is_named(program, group));
  while (step < end) {
    const std::uint32_t count = end - step < StepTile::capacity ? end - step : StepTile::capacity;
    load_tile(shared.tile, table, group.chunk, program.steps + step, count);
    const std::uint32_t done = self.run(count);
    step += done;
    if (done < count) break;
  }
  self.let_go();
  __syncthreads();
  if (threadIdx.x != 0) return;
  leave_page(table, group.chunk, shared.open);
  program.progress[blockIdx.x] = step - begin;
  if (step < end) atomic_add(&output.totals->stalled, 1u);
}

/// A block for each group.
__global__ void __launch_bounds__(block_size)
    count_missing_kernel(PaneTableRef table, ClosingProgram program, ProgramColumns columns,
                         std::uint64_t* missing) {
  const std::uint32_t chunk =
      program.groups == nullptr ? blockIdx.x : program.groups[blockIdx.x].chunk;
  bool has_rows = false;
  for (std::uint32_t i = threadIdx.x; i < columns.sources; i += block_size) {
    has_rows = has_rows || holds_rows(chunk_of(table, columns.columns[columns.targets + i], chunk));
  }
  bool has_targets = false;
  std::uint64_t found = 0;
  for (std::uint32_t i = threadIdx.x; i < columns.targets; i += block_size) {
    const ChunkEntry target = chunk_of(table, columns.columns[i], chunk);
    has_targets = has_targets || holds_rows(target);
    if (!is_chunk(target)) ++found;
  }
  const bool needed = __syncthreads_or(has_rows || has_targets ? 1 : 0) != 0;
  if (needed && found != 0) atomic_add(missing, found);
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
  const auto blocks = static_cast<unsigned>(program.items());
  if (blocks == 0) return;
  const std::optional<RowRules> rules = rules_of(table.layout);
  if (!rules) {
    SLUICE_LAUNCH(run_program_kernel<RowInMemory>, blocks, block_size, 0, stream, table, RowRules{},
                  program, output);
  } else if (table.layout.hot_words == 1) {
    SLUICE_LAUNCH(run_program_kernel<RowInRegisters<1>>, blocks, block_size, 0, stream, table,
                  *rules, program, output);
  } else if (table.layout.hot_words == 2) {
    SLUICE_LAUNCH(run_program_kernel<RowInRegisters<2>>, blocks, block_size, 0, stream, table,
                  *rules, program, output);
  } else {
    SLUICE_LAUNCH(run_program_kernel<RowInRegisters<4>>, blocks, block_size, 0, stream, table,
                  *rules, program, output);
  }
}

void count_missing(const PaneTableRef& table, const ClosingProgram& program,
                   const ProgramColumns& columns, std::uint64_t* missing, Stream& stream) {
  if (program.group_count == 0 || columns.targets == 0) return;
  SLUICE_LAUNCH(count_missing_kernel, program.group_count, block_size, 0, stream, table, program,
                columns, missing);
}

void write_rows(const PaneTableRef& table, ColumnIndex column, const KeySlot* slots,
                const std::uint64_t* words, std::size_t count, Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(write_rows_kernel, blocks_for(count), block_size, 0, stream, table, column, slots,
                words, count);
}

}  // namespace sluice::cuda
