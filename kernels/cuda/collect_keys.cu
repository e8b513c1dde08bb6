#include "kernels/cuda/collect_keys.hpp"

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/sealed_chunk.cuh"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

__device__ bool holds_row(const PaneTableRef& table, ChunkEntry entry, std::uint32_t lane) {
  return is_sealed(entry) ? sealed_rows(table, entry).has_row(lane)
                          : is_chunk(entry) && table.row(entry, lane).hot[0] != 0;
}

__global__ void __launch_bounds__(block_size)
    mark_rows_kernel(PaneTableRef table, std::uint8_t* live) {
  const std::size_t size = std::size_t{table.columns} * table.chunks;
  for (std::size_t i = blockIdx.x; i < size; i += gridDim.x) {
    if (!holds_row(table, table.directory[i], threadIdx.x)) continue;
    atomic_store(&live[i % table.chunks * chunk_slots + threadIdx.x], std::uint8_t{1});
  }
}

__global__ void __launch_bounds__(block_size)
    mark_waiting_kernel(const std::uint32_t* events, std::size_t count, const std::uint32_t* slots,
                        std::uint8_t* live) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    const std::uint32_t slot = slots[events[i]];
    if ((slot & place_bit) == 0) atomic_store(&live[slot], std::uint8_t{1});
  }
}

__global__ void __launch_bounds__(block_size)
    free_dead_slots_kernel(KeyDictionaryRef keys, const std::uint8_t* live, KeySlot* free_slots,
                           std::uint32_t* freed) {
  for (std::size_t i = first_index(); i < keys.first_fresh; i += index_stride()) {
    if (keys.used[i] == 0 || live[i] != 0) continue;
    keys.used[i] = 0;
    free_slots[keys.free_count + atomic_add(freed, 1u)] = static_cast<KeySlot>(i);
  }
}

__global__ void __launch_bounds__(block_size) enter_keys_kernel(KeyDictionaryRef keys) {
  for (std::size_t i = first_index(); i < keys.first_fresh; i += index_stride()) {
    if (keys.used[i] == 0) continue;
    const KeyIdentity key = keys.identities[i];
    if (is_direct(keys, key.low, key.high)) {
      keys.direct[key.low] = static_cast<KeySlot>(i);
      continue;
    }
    const std::uint64_t hash = hash_of(key.low, key.high);
    const DictionaryEntry entry = settled_entry(hash, static_cast<KeySlot>(i));
    auto place = static_cast<std::uint32_t>(hash) & keys.mask;
    while (atomic_compare_exchange(&keys.entries[place], empty_entry, entry) != empty_entry) {
      place = (place + 1) & keys.mask;
    }
  }
}

}  // namespace

void mark_rows(const PaneTableRef& table, std::uint8_t* live, Stream& stream) {
  static_assert(chunk_slots == block_size);
  const std::size_t size = std::size_t{table.columns} * table.chunks;
  if (size == 0) return;
  const auto blocks = static_cast<unsigned>(std::min<std::size_t>(size, 4096));
  SLUICE_LAUNCH(mark_rows_kernel, blocks, block_size, 0, stream, table, live);
}

void mark_waiting(const std::uint32_t* events, std::size_t count, const std::uint32_t* slots,
                  std::uint8_t* live, Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(mark_waiting_kernel, blocks_for(count), block_size, 0, stream, events, count, slots,
                live);
}

void free_dead_slots(const KeyDictionaryRef& keys, const std::uint8_t* live, KeySlot* free_slots,
                     std::uint32_t* freed, Stream& stream) {
  if (keys.first_fresh == 0) return;
  SLUICE_LAUNCH(free_dead_slots_kernel, blocks_for(keys.first_fresh), block_size, 0, stream, keys,
                live, free_slots, freed);
}

void enter_keys(const KeyDictionaryRef& keys, Stream& stream) {
  if (keys.first_fresh == 0) return;
  SLUICE_LAUNCH(enter_keys_kernel, blocks_for(keys.first_fresh), block_size, 0, stream, keys);
}

}  // namespace sluice::cuda
