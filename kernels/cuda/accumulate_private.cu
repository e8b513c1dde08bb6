#include "kernels/cuda/plain_pass.hpp"
#include "kernels/cuda/row_forms.cuh"

namespace sluice::cuda {

namespace {

/// Larger tables leave room for fewer blocks on a multiprocessor, so that each has more threads.
constexpr unsigned most_threads = 1024;

/// Where a block's shared memory is cut.
struct PrivateShape {
  std::uint32_t replicas = 1;     ///< of each row: neighbouring lanes use different ones
  std::uint32_t direct_kept = 0;  ///< slots of the smallest keys, read in every event
  std::size_t table_bytes = 0;    ///< multiple of 16
};

constexpr std::uint16_t no_near_slot = 0xffff;

/// The block's shared memory: the rows, whether the chunks of their groups are open, and the slots
/// of small keys.
struct PrivateMemory {
  BlockTable table;
  std::uint16_t* slots;  ///< [direct_kept]
  unsigned char* open;   ///< [(pane, chunk)]
};

__device__ std::uint32_t chunks_of(const PlainView& view) {
  return (view.slots + chunk_slots - 1) / chunk_slots;
}

template <class Form>
__device__ void prepare(const PlainView& view, const PrivateShape& shape,
                        const PrivateMemory& memory) {
  for (std::uint32_t r = threadIdx.x; r < memory.table.rows; r += blockDim.x) {
    Form::reset(view, memory.table, r);
  }
  for (std::uint32_t key = threadIdx.x; key < shape.direct_kept; key += blockDim.x) {
    const KeySlot slot = __ldg(&view.keys.direct[key]);
    memory.slots[key] = slot == no_slot ? no_near_slot : static_cast<std::uint16_t>(slot);
  }
  const std::uint32_t chunks = chunks_of(view);
  for (std::uint32_t g = 0; g < view.grid_count; ++g) {
    const PlainGrid& grid = view.grids[g];
    for (std::uint32_t i = threadIdx.x; i < grid.panes * chunks; i += blockDim.x) {
      const ChunkEntry entry =
          entry_of(view.table, grid.columns[i / chunks], i % chunks * chunk_slots);
      memory.open[grid.first_chunk + i] = is_chunk(entry) ? 1 : 0;
    }
  }
}

__device__ KeySlot find_near_slot(const PlainView& view, const PrivateShape& shape,
                                  const PrivateMemory& memory, std::uint64_t low,
                                  std::uint64_t high) {
  if (high != 0 || low >= shape.direct_kept) return find_slot(view.keys, low, high);
  const std::uint16_t slot = memory.slots[low];
  return slot == no_near_slot ? no_slot : slot;
}

__device__ bool has_open_chunks(const PlainView& view, const PrivateMemory& memory,
                                std::uint64_t offset, KeySlot slot) {
  const std::uint32_t chunks = chunks_of(view);
  for (std::uint32_t g = 0; g < view.grid_count; ++g) {
    const PlainGrid& grid = view.grids[g];
    const std::uint32_t pane = pane_of(view, grid, offset);
    if (memory.open[grid.first_chunk + pane * chunks + slot / chunk_slots] == 0) {
      note_starved(view.lists);
      return false;
    }
  }
  return true;
}

template <class Form>
__device__ void add_event(const PlainView& view, const PrivateShape& shape,
                          const PrivateMemory& memory, std::uint64_t offset, KeySlot slot,
                          typename Form::Item item) {
  bool is_large = false;
  if constexpr (Form::has_sum) is_large = Form::magnitude(item) > view.value_limit;
  const std::uint32_t replica = threadIdx.x & (shape.replicas - 1);
  for (std::uint32_t g = 0; g < view.grid_count; ++g) {
    const PlainGrid& grid = view.grids[g];
    const std::uint32_t pane = pane_of(view, grid, offset);
    if (is_large) {
      Form::add_row(view, row_of(view, grid.columns[pane], slot), item);
      note_column(view.table, view.lists, grid.columns[pane]);
    } else {
      const std::uint32_t group = grid.first_group + pane * view.slots + slot;
      Form::add(view, memory.table, group * shape.replicas + replica, item);
    }
  }
}

/// Adds the block's rows to those of the pane table.
template <class Form>
__device__ void merge(const PlainView& view, const PrivateShape& shape,
                      const PrivateMemory& memory) {
  std::uint64_t touched = 0;
  for (std::uint32_t g = 0; g < view.grid_count; ++g) {
    const PlainGrid& grid = view.grids[g];
    for (std::uint32_t i = threadIdx.x; i < grid.panes * view.slots; i += blockDim.x) {
      bool noted = false;
      for (std::uint32_t replica = 0; replica < shape.replicas; ++replica) {
        const std::uint32_t r = (grid.first_group + i) * shape.replicas + replica;
        if (Form::count_of(view, memory.table, r) == 0) continue;
        const ColumnIndex column = grid.columns[i / view.slots];
        Form::merge(view, memory.table, r, row_of(view, column, i % view.slots));
        if (!noted) note_column(view.table, view.lists, column);
        noted = true;
      }
      if (noted) ++touched;
    }
  }
  if (touched != 0) atomic_add(&view.lists.counters->plain.touched, touched);
}

template <class Columns, class Form>
__global__ void __launch_bounds__(most_threads, 1)
    accumulate_private_kernel(const __grid_constant__ PlainView view,
                              const __grid_constant__ PrivateShape shape) {
  SLUICE_DYNAMIC_SHARED(unsigned char, shared);
  __shared__ std::uint64_t newest[BlockMaxima::kept];
  auto* const slots = reinterpret_cast<std::uint16_t*>(shared + shape.table_bytes);
  const PrivateMemory memory{{shared, view.groups * shape.replicas},
                             slots,
                             reinterpret_cast<unsigned char*>(slots + shape.direct_kept)};
  BlockMaxima maxima;
  Magnitude magnitude;
  prepare<Form>(view, shape, memory);
  maxima.begin(newest);

  const std::size_t tile_size = std::size_t{blockDim.x} * quad_size;
  for (std::size_t tile = blockIdx.x * tile_size; tile < view.events.size;
       tile += gridDim.x * tile_size) {
    const std::size_t first = tile + threadIdx.x * quad_size;
    Columns columns;
    columns.load(view, first);
    const typename Form::Values values = Form::load(view, first);
    KeySlot slot[quad_size];
    for (unsigned j = 0; j < quad_size; ++j) {
      const bool plain = first + j < view.events.size && columns.offset(view, j) < view.span;
      slot[j] =
          plain ? find_near_slot(view, shape, memory, columns.low(j), columns.high(j)) : no_slot;
    }
    unsigned left = 0;
    for (unsigned j = 0; j < quad_size; ++j) {
      if (first + j >= view.events.size) continue;
      const std::uint64_t offset = columns.offset(view, j);
      if (slot[j] == no_slot || !has_open_chunks(view, memory, offset, slot[j])) {
        left |= 1u << j;
        continue;
      }
      const auto event = static_cast<std::uint32_t>(first + j);
      const typename Form::Item item = Form::item(values, j, event);
      add_event<Form>(view, shape, memory, offset, slot[j], item);
      maxima.note(view, event, offset);
      if constexpr (Form::has_sum) magnitude.note(Form::magnitude(item));
    }
    leave_over(view.lists, first, left);
  }

  if constexpr (Form::has_sum) magnitude.finish(view);
  maxima.finish(view);  // the block meets here: every row is complete
  merge<Form>(view, shape, memory);
  finish_block(view);
}

/// More replicas of few rows: lanes of a warp that meet at one row would wait for each other.
constexpr std::uint32_t most_replicas = 32;
/// Replicas are for hot rows, of which there are few; more than this buys no more.
constexpr std::size_t replicated_bytes = std::size_t{16} << 10;
/// Slots of small keys are kept near when they take no more than this: 2 bytes each.
constexpr std::uint32_t most_direct_kept = 16'384;

std::size_t aligned(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

std::size_t chunk_pairs(const PlainView& view) {
  const PlainGrid& last = view.grids[view.grid_count - 1];
  return last.first_chunk +
         std::size_t{last.panes} * ((view.slots + chunk_slots - 1) / chunk_slots);
}

template <class Form>
PrivateShape shape_for(const PlainView& view, std::size_t shared_bytes) {
  PrivateShape shape;
  const std::size_t row = Form::row_bytes(view.table.layout);
  while (shape.replicas < most_replicas &&
         2 * shape.replicas * view.groups * row <= replicated_bytes) {
    shape.replicas *= 2;
  }
  shape.table_bytes = aligned(std::size_t{view.groups} * shape.replicas * row);
  const std::size_t used = shape.table_bytes + chunk_pairs(view);
  // Dense keys lie below about as many as there are slots.
  const std::size_t near =
      std::min<std::size_t>(view.keys.direct_size, 2 * std::size_t{view.slots});
  if (near <= most_direct_kept && used + near * sizeof(std::uint16_t) <= shared_bytes) {
    shape.direct_kept = static_cast<std::uint32_t>(near);
  }
  return shape;
}

}  // namespace

std::size_t private_bytes(const PlainView& view, RowForm form) {
  std::size_t row = 0;
  with_columns_and_form(
      view, form, [&]<class Columns, class Form>() { row = Form::row_bytes(view.table.layout); });
  return aligned(view.groups * row) + chunk_pairs(view);
}

void accumulate_private(const PlainView& view, RowForm form, const PassResources& resources,
                        Stream& stream) {
  if (view.events.size == 0) return;
  with_columns_and_form(view, form, [&]<class Columns, class Form>() {
    const PrivateShape shape = shape_for<Form>(view, resources.shared_bytes);
    const std::size_t bytes =
        shape.table_bytes + shape.direct_kept * sizeof(std::uint16_t) + chunk_pairs(view);
    const PassGrid grid = resources.grid_for(view.events.size, bytes);
    const auto kernel = accumulate_private_kernel<Columns, Form>;
    allow_dynamic_shared(kernel, bytes);
    SLUICE_LAUNCH((accumulate_private_kernel<Columns, Form>), grid.blocks, grid.threads, bytes,
                  stream, view, shape);
  });
}

}  // namespace sluice::cuda
