#include "kernels/cuda/resolve_keys.hpp"

#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

constexpr std::uint32_t minus_one = 0xffff'ffffu;

__device__ KeyIdentity key_of(const EventColumns& events, std::uint32_t event) {
  return {events.key.low_of(event), events.key.high_of(event)};
}

/// Whether `entry`, whose tag fits, is of this key.
__device__ bool is_of(const KeyIdentity& key, DictionaryEntry entry, const EventColumns& events,
                      const KeyDictionaryRef& keys) {
  return key ==
         (is_claimed(entry) ? key_of(events, event_of(entry)) : keys.identities[slot_of(entry)]);
}

/// Asks for a slot for a key that has none. A promise that is not needed in the end goes back, so
/// that a key may find none left although some are: the host runs another round then.
__device__ bool reserve_slot(const KeyDictionaryRef& keys, RoundTotals& totals) {
  if (keys.available == 0) return false;
  if (atomic_add(&totals.reserved, 1u) < keys.available) return true;
  atomic_add(&totals.reserved, minus_one);
  return false;
}

__device__ std::uint32_t resolve_direct(const KeyDictionaryRef& keys, const BatchLists& lists,
                                        std::uint32_t key, std::uint32_t event) {
  const std::uint32_t place = place_bit | direct_bit | key;
  RoundTotals& totals = lists.counters->round;
  std::uint32_t found = atomic_load(&keys.direct[key]);
  if (found == no_slot) {
    if (!reserve_slot(keys, totals)) return no_key_yet;
    found = atomic_compare_exchange(&keys.direct[key], no_slot, claimed_key);
    if (found == no_slot) {
      lists.claims[atomic_add(&totals.claimed, 1u)] = {place & ~place_bit, event};
      return place;
    }
    atomic_add(&totals.reserved, minus_one);
  }
  return found == claimed_key ? place : found;
}

/// What BatchLists::slots gets for this event.
__device__ std::uint32_t resolve(const EventColumns& events, const KeyDictionaryRef& keys,
                                 const BatchLists& lists, std::uint32_t event) {
  const KeyIdentity key = key_of(events, event);
  if (is_direct(keys, key.low, key.high)) {
    return resolve_direct(keys, lists, static_cast<std::uint32_t>(key.low), event);
  }
  const std::uint64_t hash = hash_of(key.low, key.high);
  RoundTotals& totals = lists.counters->round;
  for (auto place = static_cast<std::uint32_t>(hash) & keys.mask;;
       place = (place + 1) & keys.mask) {
    DictionaryEntry entry = atomic_load(&keys.entries[place]);
    if (entry == empty_entry) {
      if (!reserve_slot(keys, totals)) return no_key_yet;
      entry =
          atomic_compare_exchange(&keys.entries[place], empty_entry, claimed_entry(hash, event));
      if (entry == empty_entry) {
        lists.claims[atomic_add(&totals.claimed, 1u)] = {place, event};
        return place_bit | place;
      }
      atomic_add(&totals.reserved, minus_one);
    }
    if ((entry & tag_bits) == (hash & tag_bits) && is_of(key, entry, events, keys)) {
      return is_claimed(entry) ? place_bit | place : slot_of(entry);
    }
  }
}

__global__ void __launch_bounds__(block_size)
    resolve_keys_kernel(BatchView batch, KeyDictionaryRef keys, BatchLists lists) {
  for (std::size_t i = first_index(); i < batch.selected; i += index_stride()) {
    const std::uint32_t event = batch.event(i);
    if (lists.slots[event] != no_key_yet) continue;
    const std::uint32_t found = resolve(batch.events, keys, lists, event);
    lists.slots[event] = found;
    if (found == no_key_yet) {
      lists.unplaced[atomic_add(&lists.counters->round.unplaced, 1u)] = event;
    }
  }
}

__global__ void __launch_bounds__(block_size)
    settle_keys_kernel(EventColumns events, KeyDictionaryRef keys, BatchLists lists) {
  const std::uint32_t claimed = lists.counters->round.claimed;
  for (std::size_t i = first_index(); i < claimed; i += index_stride()) {
    const auto index = static_cast<std::uint32_t>(i);
    const KeyClaim claim = lists.claims[i];
    const KeyIdentity key = key_of(events, claim.event);
    const KeySlot slot = index < keys.free_count ? keys.free_slots[keys.free_count - 1 - index]
                                                 : keys.first_fresh + (index - keys.free_count);
    keys.identities[slot] = key;
    keys.used[slot] = 1;
    if ((claim.place & direct_bit) != 0) {
      keys.direct[claim.place & ~direct_bit] = slot;
    } else {
      keys.entries[claim.place] = settled_entry(hash_of(key.low, key.high), slot);
    }
    lists.first_seen[i] = {slot, claim.event};
  }
}

}  // namespace

void resolve_keys(const BatchView& batch, const KeyDictionaryRef& keys, const BatchLists& lists,
                  Stream& stream) {
  if (batch.selected == 0) return;
  SLUICE_LAUNCH(resolve_keys_kernel, blocks_for(batch.selected), block_size, 0, stream, batch, keys,
                lists);
}

void settle_keys(const EventColumns& events, const KeyDictionaryRef& keys, const BatchLists& lists,
                 std::size_t most, Stream& stream) {
  if (most == 0) return;
  SLUICE_LAUNCH(settle_keys_kernel, blocks_for(most, 256), block_size, 0, stream, events, keys,
                lists);
}

}  // namespace sluice::cuda
