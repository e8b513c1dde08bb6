#include <type_traits>

#include "kernels/cuda/block_scan.cuh"
#include "kernels/cuda/event_parts.hpp"
#include "kernels/cuda/row_forms.cuh"

namespace sluice::cuda {

namespace {

constexpr std::uint32_t no_group = 0xffff'ffffu;

/// Threads and events of a block that sorts events into parts: with 512 parts, runs of 8 events,
/// one or two sectors of a part's memory.
constexpr unsigned sorting_threads = 512;
constexpr std::uint32_t quads_of_a_thread = 2;
constexpr std::uint32_t tile_events = sorting_threads * quads_of_a_thread * quad_size;
constexpr unsigned summing_threads = 1024;

/// Finds each event's group, leaves over what is not plain, and counts the parts.
template <class Columns>
__global__ void __launch_bounds__(sorting_threads)
    find_groups_kernel(const __grid_constant__ PlainView view,
                       const __grid_constant__ EventParts parts) {
  __shared__ std::uint64_t newest[BlockMaxima::kept];
  __shared__ std::uint32_t counts[most_parts];
  for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) counts[p] = 0;
  BlockMaxima maxima;
  maxima.begin(newest);
  const PlainGrid& grid = view.grids[0];
  const std::size_t tile_size = std::size_t{blockDim.x} * quad_size;
  for (std::size_t tile = blockIdx.x * tile_size; tile < view.events.size;
       tile += gridDim.x * tile_size) {
    const std::size_t first = tile + threadIdx.x * quad_size;
    Columns columns;
    columns.load(view, first);
    KeySlot slot[quad_size];
    for (unsigned j = 0; j < quad_size; ++j) {
      const bool plain = first + j < view.events.size && columns.offset(view, j) < view.span;
      slot[j] = plain ? find_slot(view.keys, columns.low(j), columns.high(j)) : no_slot;
    }
    Quad<std::uint32_t> groups;
    unsigned left = 0;
    for (unsigned j = 0; j < quad_size; ++j) {
      std::uint32_t& group = groups.of[j];
      group = no_group;
      if (first + j >= view.events.size) continue;
      if (slot[j] != no_slot) {
        const std::uint64_t offset = columns.offset(view, j);
        const std::uint32_t pane = pane_of(view, grid, offset);
        if (is_chunk(entry_of(view.table, __ldg(&grid.columns[pane]), slot[j]))) {
          group = pane * view.slots + slot[j];
          atomic_add(&counts[group >> parts.shift], 1u);
          maxima.note(view, first + j, offset);
        } else {
          note_starved(view.lists);
        }
      }
      if (group == no_group) left |= 1u << j;
    }
    store_quad(parts.groups, first, view.events.size, groups);
    leave_over(view.lists, first, left);
  }
  maxima.finish(view);  // the block meets here: every count is complete
  for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) {
    if (counts[p] != 0) atomic_add(&parts.counts[p], counts[p]);
  }
}

/// One block: where each part begins, and how many tasks it is.
__global__ void __launch_bounds__(sorting_threads)
    lay_out_parts_kernel(const __grid_constant__ EventParts parts) {
  __shared__ std::uint32_t events[most_parts];
  __shared__ std::uint32_t tasks[most_parts];
  for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) {
    events[p] = parts.counts[p];
    tasks[p] = (events[p] + parts.task_events - 1) / parts.task_events;
  }
  __syncthreads();
  scan_block(events, parts.parts);
  const std::uint32_t all_tasks = scan_block(tasks, parts.parts);
  for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) {
    parts.cursors[p] = events[p];
    parts.first_task[p] = tasks[p];
  }
  if (threadIdx.x == 0) parts.first_task[parts.parts] = all_tasks;
}

/// Where a tile of a sorting block lies in shared memory.
template <class Form>
struct SortingTile {
  std::uint32_t* counts;  ///< [parts], then where each part begins in the tile
  std::uint32_t* begins;  ///< [parts] where it goes, less where it begins in the tile
  std::uint32_t* groups;  ///< [tile_events] by part
  typename Form::Item* items;

  __host__ __device__ static std::size_t bytes(std::uint32_t parts) {
    return 2 * parts * sizeof(std::uint32_t) +
           tile_events * (sizeof(std::uint32_t) + sizeof(typename Form::Item)) + 2 * sizeof(int);
  }
  __device__ SortingTile(unsigned char* shared, std::uint32_t parts) {
    items = reinterpret_cast<typename Form::Item*>(shared);  // the widest first: alignment
    groups = reinterpret_cast<std::uint32_t*>(shared + tile_events * sizeof(typename Form::Item));
    counts = groups + tile_events;
    begins = counts + parts;
  }
};

template <class Form>
__device__ void write_out(const EventParts& parts, const SortingTile<Form>& tile,
                          std::uint32_t events) {
  auto* const items = static_cast<typename Form::Item*>(parts.sorted_items);
  for (std::uint32_t i = threadIdx.x; i < events; i += blockDim.x) {
    const std::uint32_t group = tile.groups[i];
    const std::uint32_t target = tile.begins[group >> parts.shift] + i;
    parts.sorted_groups[target] = group;
    if constexpr (!std::is_empty_v<typename Form::Item>) items[target] = tile.items[i];
  }
}

template <class Form>
__global__ void __launch_bounds__(sorting_threads)
    sort_into_parts_kernel(const __grid_constant__ PlainView view,
                           const __grid_constant__ EventParts parts) {
  SLUICE_DYNAMIC_SHARED(unsigned char, shared);
  const SortingTile<Form> tile(shared, parts.parts);
  Magnitude magnitude;
  for (std::size_t start = std::size_t{blockIdx.x} * tile_events; start < view.events.size;
       start += std::size_t{gridDim.x} * tile_events) {
    for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) tile.counts[p] = 0;
    __syncthreads();
    Quad<std::uint32_t> groups[quads_of_a_thread];
    Quad<std::uint32_t> ranks[quads_of_a_thread];
    for (unsigned q = 0; q < quads_of_a_thread; ++q) {
      const std::size_t first = start + (q * sorting_threads + threadIdx.x) * quad_size;
      groups[q] = load_quad(parts.groups, first, view.events.size);
      for (unsigned j = 0; j < quad_size; ++j) {
        std::uint32_t& group = groups[q].of[j];
        if (first + j >= view.events.size) group = no_group;
        ranks[q].of[j] = group == no_group ? 0 : atomic_add(&tile.counts[group >> parts.shift], 1u);
      }
    }
    __syncthreads();
    for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) {
      tile.begins[p] = tile.counts[p] == 0 ? 0 : atomic_add(&parts.cursors[p], tile.counts[p]);
    }
    __syncthreads();
    const std::uint32_t sorted = scan_block(tile.counts, parts.parts);
    for (unsigned q = 0; q < quads_of_a_thread; ++q) {
      const std::size_t first = start + (q * sorting_threads + threadIdx.x) * quad_size;
      const typename Form::Values values = Form::load(view, first);
      for (unsigned j = 0; j < quad_size; ++j) {
        const std::uint32_t group = groups[q].of[j];
        if (group == no_group) continue;
        const std::uint32_t at = tile.counts[group >> parts.shift] + ranks[q].of[j];
        const auto item = Form::item(values, j, static_cast<std::uint32_t>(first + j));
        tile.groups[at] = group;
        if constexpr (!std::is_empty_v<typename Form::Item>) tile.items[at] = item;
        if constexpr (Form::has_sum) magnitude.note(Form::magnitude(item));
      }
    }
    for (std::uint32_t p = threadIdx.x; p < parts.parts; p += blockDim.x) {
      tile.begins[p] -= tile.counts[p];
    }
    __syncthreads();
    write_out<Form>(parts, tile, sorted);
    __syncthreads();
  }
  if constexpr (Form::has_sum) magnitude.finish(view);
}

/// The part that a task belongs to.
__device__ std::uint32_t part_of(const EventParts& parts, std::uint32_t task) {
  std::uint32_t low = 0;
  std::uint32_t high = parts.parts;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (__ldg(&parts.first_task[middle]) <= task) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The row of a group, and the column that it is in.
struct GroupRow {
  ColumnIndex column;
  RowRef row;
};

__device__ GroupRow group_row(const PlainView& view, std::uint32_t group) {
  const KeySlot slot = group % view.slots;
  const ColumnIndex column = __ldg(&view.grids[0].columns[group / view.slots]);
  return {column, row_of(view, column, slot)};
}

template <class Form>
__device__ void add_straight(const PlainView& view, std::uint32_t group, typename Form::Item item) {
  const GroupRow target = group_row(view, group);
  Form::add_row(view, target.row, item);
  note_column(view.table, view.lists, target.column);
}

/// Sums up events [begin, end) of a part.
template <class Form>
__device__ void sum_up(const PlainView& view, const EventParts& parts, const BlockTable& table,
                       std::uint32_t part, std::uint32_t begin, std::uint32_t end) {
  const auto* const items = static_cast<const typename Form::Item*>(parts.sorted_items);
  for (std::uint32_t i = begin + threadIdx.x; i < end; i += blockDim.x) {
    const std::uint32_t group = parts.sorted_groups[i];
    typename Form::Item item{};
    if constexpr (!std::is_empty_v<typename Form::Item>) item = items[i];
    bool is_large = false;
    if constexpr (Form::has_sum) is_large = Form::magnitude(item) > view.value_limit;
    if (is_large || table.rows == 0) {
      add_straight<Form>(view, group, item);
    } else {
      Form::add(view, table, group - (part << parts.shift), item);
    }
  }
}

template <class Form>
__global__ void __launch_bounds__(summing_threads)
    sum_up_parts_kernel(const __grid_constant__ PlainView view,
                        const __grid_constant__ EventParts parts) {
  SLUICE_DYNAMIC_SHARED(unsigned char, shared);
  const BlockTable table{shared, parts.in_tables ? 1u << parts.shift : 0};
  const std::uint32_t tasks = __ldg(&parts.first_task[parts.parts]);
  for (std::uint32_t task = blockIdx.x; task < tasks; task += gridDim.x) {
    const std::uint32_t part = part_of(parts, task);
    const std::uint32_t end = __ldg(&parts.cursors[part]);
    const std::uint32_t begin = end - __ldg(&parts.counts[part]) +
                                (task - __ldg(&parts.first_task[part])) * parts.task_events;
    for (std::uint32_t r = threadIdx.x; r < table.rows; r += blockDim.x) {
      Form::reset(view, table, r);
    }
    __syncthreads();
    sum_up<Form>(view, parts, table, part, begin,
                 end - begin < parts.task_events ? end : begin + parts.task_events);
    __syncthreads();
    for (std::uint32_t r = threadIdx.x; r < table.rows; r += blockDim.x) {
      if (Form::count_of(view, table, r) == 0) continue;
      const GroupRow target = group_row(view, (part << parts.shift) + r);
      Form::merge(view, table, r, target.row);
      note_column(view.table, view.lists, target.column);
    }
    __syncthreads();
  }
  finish_block(view);
}

/// Rows of a part at least, and parts that are better not exceeded: see tile_events.
constexpr std::uint32_t smallest_shift = 10;
constexpr std::uint32_t good_parts = 512;
/// A task has this many events for each row that it clears and merges.
constexpr std::uint32_t events_per_row = 4;

template <class Form>
void cut(EventParts& parts, const PlainView& view, std::size_t shared_bytes) {
  const auto parts_at = [&](std::uint32_t shift) {
    return static_cast<std::uint32_t>(
        (std::uint64_t{view.groups} + (std::uint64_t{1} << shift) - 1) >> shift);
  };
  const std::size_t row = Form::row_bytes(view.table.layout);
  const auto fits = [&](std::uint32_t shift) { return (row << shift) <= shared_bytes; };
  parts.shift = smallest_shift;
  while (parts_at(parts.shift) > good_parts && fits(parts.shift + 1)) ++parts.shift;
  while (parts_at(parts.shift) > most_parts) ++parts.shift;
  parts.parts = parts_at(parts.shift);
  parts.in_tables = fits(parts.shift);
  parts.task_events = events_per_row << parts.shift;
}

}  // namespace

void accumulate_partitioned(const PlainView& view, RowForm form, const PassResources& resources,
                            EventPartsMemory& memory, Stream& stream) {
  const std::size_t events = view.events.size;
  if (events == 0) return;
  with_columns_and_form(view, form, [&]<class Columns, class Form>() {
    EventParts parts = memory.ref();
    cut<Form>(parts, view, resources.shared_bytes);
    fill_bytes(parts.counts, 0, parts.parts * sizeof *parts.counts, stream);
    const unsigned finding = resources.blocks_for(events, sorting_threads, 0);
    SLUICE_LAUNCH((find_groups_kernel<Columns>), finding, sorting_threads, 0, stream, view, parts);
    SLUICE_LAUNCH(lay_out_parts_kernel, 1u, sorting_threads, 0, stream, parts);
    const std::size_t tile_bytes = SortingTile<Form>::bytes(parts.parts);
    const unsigned sorting = resources.blocks_for(events, sorting_threads, tile_bytes);
    allow_dynamic_shared(sort_into_parts_kernel<Form>, tile_bytes);
    SLUICE_LAUNCH((sort_into_parts_kernel<Form>), sorting, sorting_threads, tile_bytes, stream,
                  view, parts);
    const std::size_t table_bytes =
        parts.in_tables ? Form::row_bytes(view.table.layout) << parts.shift : 0;
    const unsigned summing = resources.blocks_for(events, summing_threads, table_bytes);
    allow_dynamic_shared(sum_up_parts_kernel<Form>, table_bytes);
    SLUICE_LAUNCH((sum_up_parts_kernel<Form>), summing, summing_threads, table_bytes, stream, view,
                  parts);
  });
}

}  // namespace sluice::cuda
