#include "kernels/cuda/plain_pass.hpp"
#include "kernels/cuda/row_forms.cuh"

namespace sluice::cuda {

namespace {

/// Rows that a block keeps for itself, given to the groups that come first: a key with one event in
/// a hundred has its row within the first few hundred of a block's thousands of events, and one
/// address of L2 takes no more than about one event a clock of the whole device. Each thread clears
/// and merges one.
constexpr std::uint32_t kept_rows = block_size;
/// Above this the kept rows would cost blocks on a multiprocessor.
constexpr std::size_t most_kept_bytes = std::size_t{24} << 10;
constexpr std::uint32_t no_group = 0xffff'ffffu;

struct KeptRows {
  BlockTable table;
  std::uint32_t* groups;  ///< [kept_rows] whose row it is, or no_group
};

/// The block's row of a group, or kept_rows when another group has its place.
__device__ std::uint32_t kept_row_of(const KeptRows& kept, std::uint32_t group) {
  const std::uint32_t place = group * 0x9e37'79b9u >> 24;
  static_assert(kept_rows == 256);
  std::uint32_t owner = atomic_load(&kept.groups[place]);
  if (owner == no_group) {
    owner = atomic_compare_exchange(&kept.groups[place], no_group, group);
    if (owner == no_group) owner = group;
  }
  return owner == group ? place : kept_rows;
}

/// Remembers which columns the block has noted, to ask for each only once in a while.
class NotedColumns {
 public:
  static constexpr std::uint32_t places = 64;

  __device__ void begin(ColumnIndex* shared) {
    shared_ = shared;
    if (threadIdx.x < places) shared_[threadIdx.x] = no_column;
  }
  __device__ void note(const PlainView& view, ColumnIndex column) {
    ColumnIndex* const place = &shared_[column % places];
    if (atomic_load(place) == column) return;
    note_column(view.table, view.lists, column);
    atomic_store(place, column);
  }

 private:
  ColumnIndex* shared_ = nullptr;
};

/// Adds 1 to a row's count and `value` to its sum, for each lane with a row. Two lanes serve one
/// event, so that both words go to their sector of L2 in one request instead of two. No result
/// comes back. Every lane of the warp comes here.
__device__ void add_in_pairs(std::uint64_t* row, std::uint32_t sum, std::int64_t value) {
  const unsigned lane = threadIdx.x % warp_lanes;
  const auto address = reinterpret_cast<std::uintptr_t>(row);
  for (unsigned half = 0; half < 2; ++half) {
    const auto source = static_cast<int>(half * (warp_lanes / 2) + lane / 2);
    const std::uint64_t target = __shfl_sync(all_lanes, std::uint64_t{address}, source);
    const std::int64_t addend = __shfl_sync(all_lanes, value, source);
    if (target == 0) continue;
    auto* const words = reinterpret_cast<std::uint64_t*>(target);
    const bool is_sum = lane % 2 != 0;
    reduce_add(words + (is_sum ? sum : 0), is_sum ? static_cast<std::uint64_t>(addend) : 1u);
  }
}

template <class Form>
class SharedPass {
 public:
  __device__ SharedPass(const PlainView& view, const KeptRows& kept, NotedColumns& noted)
      : view_(view), kept_(kept), noted_(noted) {}

  __device__ bool has_chunks(std::uint64_t offset, KeySlot slot) const {
    for (std::uint32_t g = 0; g < view_.grid_count; ++g) {
      const PlainGrid& grid = view_.grids[g];
      const ColumnIndex column = __ldg(&grid.columns[pane_of(view_, grid, offset)]);
      if (!is_chunk(entry_of(view_.table, column, slot))) {
        note_starved(view_.lists);
        return false;
      }
    }
    return true;
  }

  /// Every lane of the warp comes here, with or without an event.
  __device__ void add(bool taken, bool is_large, std::uint64_t offset, KeySlot slot,
                      typename Form::Item item) {
    for (std::uint32_t g = 0; g < view_.grid_count; ++g) {
      RowRef row;
      if (taken) row = place(view_.grids[g], is_large, offset, slot, item);
      if constexpr (Form::has_sum) {
        if (view_.wrapless) {
          if (__any_sync(all_lanes, row.hot != nullptr ? 1 : 0) == 0) continue;
          add_in_pairs(row.hot, view_.places.sum, item);
          if (row.hot != nullptr) Form::add_extremes(view_, in_device_memory(row), item);
          continue;
        }
      }
      if (row.hot != nullptr) Form::add_row(view_, in_device_memory(row), item);
    }
  }

 private:
  /// Adds the event to a row of the block, or returns the row of the pane table that it is for.
  __device__ RowRef place(const PlainGrid& grid, bool is_large, std::uint64_t offset, KeySlot slot,
                          typename Form::Item item) {
    const std::uint32_t pane = pane_of(view_, grid, offset);
    const std::uint32_t group = grid.first_group + pane * view_.slots + slot;
    if (kept_.groups != nullptr && !is_large) {
      const std::uint32_t r = kept_row_of(kept_, group);
      if (r != kept_rows) {
        Form::add(view_, kept_.table, r, item);
        return {};
      }
    }
    const ColumnIndex column = __ldg(&grid.columns[pane]);
    noted_.note(view_, column);
    return row_of(view_, column, slot);
  }

  const PlainView& view_;
  const KeptRows& kept_;
  NotedColumns& noted_;
};

template <class Form>
__device__ void merge(const PlainView& view, const KeptRows& kept) {
  const std::uint32_t group = kept.groups[threadIdx.x];
  if (group == no_group) return;
  std::uint32_t g = view.grid_count - 1;
  while (group < view.grids[g].first_group) --g;
  const PlainGrid& grid = view.grids[g];
  const std::uint32_t in_grid = group - grid.first_group;
  const ColumnIndex column = grid.columns[in_grid / view.slots];
  const KeySlot slot = in_grid % view.slots;
  Form::merge(view, kept.table, threadIdx.x, row_of(view, column, slot));
  note_column(view.table, view.lists, column);
}

template <class Columns, class Form>
__global__ void __launch_bounds__(block_size)
    accumulate_shared_kernel(const __grid_constant__ PlainView view, bool keeps_rows) {
  SLUICE_DYNAMIC_SHARED(unsigned char, shared);
  __shared__ std::uint64_t newest[BlockMaxima::kept];
  __shared__ std::uint32_t groups[kept_rows];
  __shared__ ColumnIndex noted_columns[NotedColumns::places];
  const KeptRows kept{{shared, kept_rows}, keeps_rows ? groups : nullptr};
  groups[threadIdx.x] = no_group;
  if (keeps_rows) Form::reset(view, kept.table, threadIdx.x);
  NotedColumns noted;
  noted.begin(noted_columns);
  BlockMaxima maxima;
  Magnitude magnitude;
  maxima.begin(newest);
  SharedPass<Form> pass(view, kept, noted);

  constexpr std::size_t tile_size = std::size_t{block_size} * quad_size;
  for (std::size_t tile = blockIdx.x * tile_size; tile < view.events.size;
       tile += gridDim.x * tile_size) {
    const std::size_t first = tile + threadIdx.x * quad_size;
    Columns columns;
    columns.load(view, first);
    const typename Form::Values values = Form::load(view, first);
    KeySlot slot[quad_size];
    for (unsigned j = 0; j < quad_size; ++j) {
      const bool plain = first + j < view.events.size && columns.offset(view, j) < view.span;
      slot[j] = plain ? find_slot(view.keys, columns.low(j), columns.high(j)) : no_slot;
    }
    unsigned left = 0;
    for (unsigned j = 0; j < quad_size; ++j) {
      const auto event = static_cast<std::uint32_t>(first + j);
      const std::uint64_t offset = columns.offset(view, j);
      const typename Form::Item item = Form::item(values, j, event);
      bool taken = slot[j] != no_slot && pass.has_chunks(offset, slot[j]);
      bool is_large = false;
      if constexpr (Form::has_sum) {
        is_large = Form::magnitude(item) > view.value_limit;
        if (is_large && view.wrapless) taken = false;
        if (taken) magnitude.note(Form::magnitude(item));
      }
      if (taken) {
        maxima.note(view, event, offset);
      } else if (first + j < view.events.size) {
        left |= 1u << j;
      }
      pass.add(taken, is_large, offset, slot[j], item);
    }
    leave_over(view.lists, first, left);
  }

  if constexpr (Form::has_sum) magnitude.finish(view);
  maxima.finish(view);  // the block meets here: every kept row is complete
  if (keeps_rows) merge<Form>(view, kept);
  finish_block(view);
}

}  // namespace

void accumulate_shared(const PlainView& view, RowForm form, const PassResources& resources,
                       Stream& stream) {
  if (view.events.size == 0) return;
  with_columns_and_form(view, form, [&]<class Columns, class Form>() {
    const std::size_t kept_bytes = kept_rows * Form::row_bytes(view.table.layout);
    const bool keeps_rows = kept_bytes <= most_kept_bytes && view.groups != 0;
    // The kernel's blocks have one size: the kept rows are its threads.
    const PassGrid grid = resources.grid_for(view.events.size, 0);
    SLUICE_LAUNCH((accumulate_shared_kernel<Columns, Form>), grid.blocks, block_size,
                  keeps_rows ? kept_bytes : 0, stream, view, keeps_rows);
  });
}

}  // namespace sluice::cuda
