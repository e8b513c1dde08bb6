#pragma once

#include <cstring>

#include "kernels/cuda/partition_maxima.cuh"
#include "kernels/cuda/plain_view.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

inline constexpr unsigned all_lanes = 0xffff'ffffu;
inline constexpr unsigned warp_lanes = 32;

/// Events that a thread reads at once: 16 bytes of a narrow column, two such loads of a wide one.
inline constexpr unsigned quad_size = 4;

template <class T>
struct alignas(quad_size * sizeof(T) < 16 ? quad_size * sizeof(T) : 16) Quad {
  T of[quad_size];
};

/// Columns are read once: loads that the caches give up first.
template <class T>
__device__ Quad<T> load_streaming(const T* column) {
  Quad<T> quad;
#if defined(__CUDACC__)
  if constexpr (sizeof quad == sizeof(uint2)) {
    const uint2 raw = __ldcs(reinterpret_cast<const uint2*>(column));
    std::memcpy(&quad, &raw, sizeof raw);
  } else {
    uint4 raw[sizeof quad / sizeof(uint4)];
    for (std::size_t k = 0; k < sizeof quad / sizeof(uint4); ++k) {
      raw[k] = __ldcs(reinterpret_cast<const uint4*>(column) + k);
    }
    std::memcpy(&quad, raw, sizeof raw);
  }
#else
  quad = *reinterpret_cast<const Quad<T>*>(column);
#endif
  return quad;
}

/// Elements [first, first + 4) of a column, 0 beyond its end. Columns begin at multiples of 16.
template <class T>
__device__ Quad<T> load_quad(const T* column, std::size_t first, std::size_t size) {
  if (first + quad_size <= size) return load_streaming(column + first);
  Quad<T> quad;
  for (unsigned j = 0; j < quad_size; ++j) quad.of[j] = first + j < size ? column[first + j] : T{};
  return quad;
}

template <class T>
__device__ void store_quad(T* column, std::size_t first, std::size_t size, const Quad<T>& values) {
  if (first + quad_size <= size) {
    *reinterpret_cast<Quad<T>*>(column + first) = values;
    return;
  }
  for (unsigned j = 0; j < quad_size && first + j < size; ++j) column[first + j] = values.of[j];
}

/// Times and keys of four events where both columns are narrow.
class NarrowColumns {
 public:
  __device__ void load(const PlainView& view, std::size_t first) {
    times_ = load_quad(view.events.time.narrow, first, view.events.size);
    keys_ = load_quad(view.events.key.narrow, first, view.events.size);
  }
  /// From the start of the plain range; wraps around for times before it.
  __device__ std::uint64_t offset(const PlainView& view, unsigned j) const {
    return static_cast<std::uint64_t>(view.events.time.base - view.from) + times_.of[j];
  }
  __device__ std::uint64_t low(unsigned j) const { return keys_.of[j]; }
  __device__ std::uint64_t high(unsigned /*j*/) const { return 0; }

 private:
  Quad<std::uint32_t> times_;
  Quad<std::uint32_t> keys_;
};

/// The same for columns of any width.
class AnyColumns {
 public:
  __device__ void load(const PlainView& view, std::size_t first) {
    const EventColumns& events = view.events;
    if (events.time.narrow != nullptr) {
      const auto times = load_quad(events.time.narrow, first, events.size);
      for (unsigned j = 0; j < quad_size; ++j) times_.of[j] = events.time.base + times.of[j];
    } else {
      times_ = load_quad(events.time.wide, first, events.size);
    }
    if (events.key.narrow != nullptr) {
      const auto keys = load_quad(events.key.narrow, first, events.size);
      for (unsigned j = 0; j < quad_size; ++j) low_.of[j] = keys.of[j];
    } else {
      low_ = load_quad(events.key.low, first, events.size);
    }
    high_ = events.key.high == nullptr ? Quad<std::uint64_t>{}
                                       : load_quad(events.key.high, first, events.size);
  }
  __device__ std::uint64_t offset(const PlainView& view, unsigned j) const {
    return static_cast<std::uint64_t>(times_.of[j]) - static_cast<std::uint64_t>(view.from);
  }
  __device__ std::uint64_t low(unsigned j) const { return low_.of[j]; }
  __device__ std::uint64_t high(unsigned j) const { return high_.of[j]; }

 private:
  Quad<EventTime> times_;
  Quad<std::uint64_t> low_;
  Quad<std::uint64_t> high_;
};

/// The slot of a key, or no_slot. Nobody enters keys while this runs.
__device__ inline KeySlot find_slot(const KeyDictionaryRef& keys, std::uint64_t low,
                                    std::uint64_t high) {
  if (is_direct(keys, low, high)) return __ldg(&keys.direct[low]);
  const std::uint64_t hash = hash_of(low, high);
  for (auto place = static_cast<std::uint32_t>(hash) & keys.mask;;
       place = (place + 1) & keys.mask) {
    const DictionaryEntry entry = __ldg(&keys.entries[place]);
    if (entry == empty_entry) return no_slot;
    if ((entry & tag_bits) != (hash & tag_bits)) continue;
    const KeySlot slot = slot_of(entry);
    if (keys.identities[slot] == KeyIdentity{low, high}) return slot;
  }
}

/// The pane of a plain event, counted from the grid's first.
__device__ inline std::uint32_t pane_of(const PlainView& view, const PlainGrid& grid,
                                        std::uint64_t offset) {
  const std::uint64_t distance = offset + grid.before;
  if (view.short_offsets) {
    return __umulhi(static_cast<std::uint32_t>(distance) << (32 - PaneDivision::short_bits),
                    static_cast<std::uint32_t>(grid.division.magic)) >>
           grid.division.shift;
  }
  return static_cast<std::uint32_t>(
      __umul64hi(distance << (64 - PaneDivision::long_bits), grid.division.magic) >>
      grid.division.shift);
}

/// The entry of the chunk that holds `slot` in a column; absent for a column that the directory
/// does not have. Nobody opens or drops chunks while this runs.
__device__ inline ChunkEntry entry_of(const PaneTableRef& table, ColumnIndex column, KeySlot slot) {
  return column < table.columns
             ? __ldg(&table.directory[table.index_of(column, slot / chunk_slots)])
             : absent_chunk;
}

__device__ inline RowRef in_device_memory(RowRef row) {
  return {in_device_memory(row.hot), in_device_memory(row.cold)};
}

/// The row of a slot whose chunk is open.
__device__ inline RowRef row_of(const PlainView& view, ColumnIndex column, KeySlot slot) {
  return in_device_memory(view.table.row(entry_of(view.table, column, slot), slot % chunk_slots));
}

__device__ inline void note_column(const PaneTableRef& table, const BatchLists& lists,
                                   ColumnIndex column) {
  std::uint32_t* const noted = &table.noted[column];
  if (atomic_load(noted) != 0 || atomic_exchange(noted, 1u) != 0) return;
  lists.columns[atomic_add(&lists.counters->batch.columns, 1u)] = column;
}

/// A chunk that an event needs is not open: the host looks before the next batch.
__device__ inline void note_starved(const BatchLists& lists) {
  atomic_store(&lists.counters->plain.starved, 1u);
}

/// Hands events to the rounds. Every lane of the warp comes here.
/// @param flags bit j: event first + j
__device__ inline void leave_over(const BatchLists& lists, std::size_t first, unsigned flags) {
  if (__any_sync(all_lanes, flags != 0 ? 1 : 0) == 0) return;
  const unsigned lane = threadIdx.x % warp_lanes;
  for (unsigned j = 0; j < quad_size; ++j) {
    const bool left = ((flags >> j) & 1u) != 0;
    const unsigned lanes = __ballot_sync(all_lanes, left ? 1 : 0);
    std::uint32_t begin = 0;
    if (lane == 0 && lanes != 0) {
      begin =
          atomic_add(&lists.counters->plain.left_over, static_cast<std::uint32_t>(__popc(lanes)));
    }
    begin = __shfl_sync(all_lanes, begin, 0);
    if (!left) continue;
    const auto before = static_cast<std::uint32_t>(__popc(lanes & ((1u << lane) - 1)));
    lists.left_over[begin + before] = static_cast<std::uint32_t>(first + j);
  }
}

/// The latest plain event of each partition: a run of one partition's events in registers, the
/// first partitions in shared memory, the others (a source with more of them is rare) in the
/// batch's list at once.
class BlockMaxima {
 public:
  static constexpr unsigned kept = 256;  ///< 2 KiB of shared memory

  /// Every thread of the block comes here, and to finish().
  __device__ void begin(std::uint64_t* shared) {
    shared_ = shared;
    for (unsigned p = threadIdx.x; p < kept; p += blockDim.x) shared_[p] = 0;
    __syncthreads();
  }
  __device__ void note(const PlainView& view, std::size_t event, std::uint64_t offset) {
    const PartitionIndex partition = view.events.partition == nullptr
                                         ? view.events.single_partition
                                         : __ldg(&view.events.partition[event]);
    if (partition != partition_) {
      flush(view);
      partition_ = partition;
    }
    if (offset >= newest_) newest_ = offset + 1;
  }
  __device__ void finish(const PlainView& view) {
    if (view.events.partition == nullptr) {
      for (unsigned distance = warp_lanes / 2; distance > 0; distance /= 2) {
        const std::uint64_t other = __shfl_xor_sync(all_lanes, newest_, static_cast<int>(distance));
        if (other > newest_) newest_ = other;
      }
      partition_ = view.events.single_partition;
      if (threadIdx.x % warp_lanes != 0) newest_ = 0;
    }
    flush(view);
    __syncthreads();
    for (unsigned p = threadIdx.x; p < kept; p += blockDim.x) {
      if (shared_[p] != 0) raise(view, static_cast<PartitionIndex>(p), shared_[p]);
    }
  }

 private:
  __device__ static void raise(const PlainView& view, PartitionIndex partition,
                               std::uint64_t newest) {
    raise_maximum(view.lists, partition, biased(view.from + static_cast<EventTime>(newest - 1)));
  }
  __device__ void flush(const PlainView& view) {
    if (newest_ == 0) return;
    if (partition_ >= kept) {
      raise(view, partition_, newest_);
    } else if (newest_ > atomic_load(&shared_[partition_])) {
      atomic_max(&shared_[partition_], newest_);
    }
    newest_ = 0;
  }

  std::uint64_t* shared_ = nullptr;
  std::uint64_t newest_ = 0;  ///< offset + 1; 0: none
  PartitionIndex partition_ = 0;
};

/// The end of a block of the plain pass's last kernel, after all it has to say: the last block of
/// the grid writes the lists out that the host wants to see at once, unless there are events left
/// over that will add to them. Every thread comes here.
__device__ inline void finish_block(const PlainView& view) {
  __shared__ bool last;
  PlainTotals& totals = view.lists.counters->plain;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomic_add(&totals.blocks_done, 1u) == gridDim.x - 1;
  __syncthreads();
  if (!last || atomic_load(&totals.left_over) != 0) return;
  __threadfence();
  gather_maxima_from(view.lists, threadIdx.x, blockDim.x);
  const std::uint32_t columns = atomic_load(&view.lists.counters->batch.columns);
  for (std::uint32_t i = threadIdx.x; i < columns && i < plain_columns; i += blockDim.x) {
    totals.columns[i] = view.lists.columns[i];
  }
}

}  // namespace sluice::cuda
