#include "kernels/cuda/key_dictionary.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/cuda/collect_keys.hpp"

namespace sluice::cuda {

namespace {

std::size_t places_for(std::size_t capacity) { return 2 * std::bit_ceil(capacity); }

/// Dense keys that fill the capacity lie below it, with as many that are gone.
std::size_t direct_for(std::size_t capacity) {
  return std::min<std::size_t>(2 * std::bit_ceil(capacity), most_direct_keys);
}

}  // namespace

KeyDictionary::KeyDictionary(std::size_t capacity, std::size_t max_keys, Stream& stream)
    : capacity_(capacity),
      max_keys_(max_keys),
      entries_(places_for(capacity)),
      identities_(capacity),
      used_(capacity),
      live_(capacity),
      free_slots_(capacity) {
  clear(stream);
}

KeyDictionaryRef KeyDictionary::ref() noexcept {
  return {.entries = entries_.data(),
          .mask = static_cast<std::uint32_t>(entries_.size() - 1),
          .available = static_cast<std::uint32_t>(available()),
          .direct = direct_.data(),
          .direct_size = static_cast<std::uint32_t>(direct_.size()),
          .identities = identities_.data(),
          .used = used_.data(),
          .free_slots = free_slots_.data(),
          .free_count = static_cast<std::uint32_t>(free_count_),
          .first_fresh = static_cast<KeySlot>(first_fresh_)};
}

std::size_t KeyDictionary::bytes_for(std::size_t capacity, bool with_direct) noexcept {
  constexpr std::size_t per_slot = sizeof(KeyIdentity) + 2 + sizeof(KeySlot);
  return places_for(capacity) * sizeof(DictionaryEntry) + capacity * per_slot +
         (with_direct ? direct_for(capacity) * sizeof(KeySlot) : 0);
}

void KeyDictionary::add_direct(Stream& stream) {
  direct_ = DeviceBuffer<KeySlot>(direct_for(capacity_));
  enter_all(stream);
}

void KeyDictionary::settled(std::size_t claimed) noexcept {
  const std::size_t reused = std::min(claimed, free_count_);
  free_count_ -= reused;
  first_fresh_ += claimed - reused;
}

void KeyDictionary::collect(const PaneTableRef& table, const WaitingEvents& waiting,
                            Stream& stream) {
  fill_bytes(live_.data(), 0, live_.bytes(), stream);
  fill_bytes(freed_.device.data(), 0, freed_.device.bytes(), stream);
  mark_rows(table, live_.data(), stream);
  mark_waiting(waiting.events, waiting.count, waiting.slots, live_.data(), stream);
  free_dead_slots(ref(), live_.data(), free_slots_.data(), freed_.device.data(), stream);
  freed_.download(1, stream);
  stream.synchronize();  // how many slots the next pass may give out
  if (freed_.host[0] == 0) return;
  free_count_ += freed_.host[0];
  enter_all(stream);
}

void KeyDictionary::grow(std::size_t capacity, Stream& stream) {
  DeviceBuffer<DictionaryEntry> entries(places_for(capacity));
  DeviceBuffer<KeySlot> direct(has_direct() ? direct_for(capacity) : 0);
  DeviceBuffer<KeyIdentity> identities(capacity);
  DeviceBuffer<std::uint8_t> used(capacity);
  DeviceBuffer<std::uint8_t> live(capacity);
  DeviceBuffer<KeySlot> free_slots(capacity);
  copy_on_device(identities.data(), identities_.data(), first_fresh_, stream);
  copy_on_device(used.data(), used_.data(), first_fresh_, stream);
  copy_on_device(free_slots.data(), free_slots_.data(), free_count_, stream);
  entries_ = std::move(entries);
  direct_ = std::move(direct);
  identities_ = std::move(identities);
  used_ = std::move(used);
  live_ = std::move(live);
  free_slots_ = std::move(free_slots);
  capacity_ = capacity;
  enter_all(stream);
}

void KeyDictionary::clear(Stream& stream) {
  first_fresh_ = 0;
  free_count_ = 0;
  empty_entries(stream);
}

void KeyDictionary::load(std::span<const StateImage::Key> keys, Stream& stream) {
  std::size_t bound = 0;
  for (const StateImage::Key& key : keys) bound = std::max<std::size_t>(bound, key.slot + 1u);
  PinnedBuffer<KeyIdentity> identities(bound);
  PinnedBuffer<std::uint8_t> used(bound);
  PinnedBuffer<KeySlot> free_slots(bound);
  std::fill(identities.begin(), identities.end(), KeyIdentity{});
  std::fill(used.begin(), used.end(), std::uint8_t{0});
  for (const StateImage::Key& key : keys) {
    identities[key.slot] = {key.low, key.high};
    used[key.slot] = 1;
  }
  std::size_t free_count = 0;
  for (std::size_t slot = bound; slot-- > 0;) {
    if (used[slot] == 0) free_slots[free_count++] = static_cast<KeySlot>(slot);
  }
  copy_to_device(identities_.data(), identities.data(), bound, stream);
  copy_to_device(used_.data(), used.data(), bound, stream);
  copy_to_device(free_slots_.data(), free_slots.data(), free_count, stream);
  first_fresh_ = bound;
  free_count_ = free_count;
  enter_all(stream);
  stream.synchronize();  // the pinned buffers go
}

std::vector<StateImage::Key> KeyDictionary::save(Stream& stream) {
  PinnedBuffer<KeyIdentity> identities(first_fresh_);
  PinnedBuffer<std::uint8_t> used(first_fresh_);
  copy_to_host(identities.data(), identities_.data(), first_fresh_, stream);
  copy_to_host(used.data(), used_.data(), first_fresh_, stream);
  stream.synchronize();  // the keys are read below
  std::vector<StateImage::Key> keys;
  keys.reserve(size());
  for (std::size_t slot = 0; slot < first_fresh_; ++slot) {
    if (used[slot] != 0) {
      keys.push_back({static_cast<KeySlot>(slot), identities[slot].low, identities[slot].high});
    }
  }
  return keys;
}

void KeyDictionary::empty_entries(Stream& stream) {
  static_assert(no_slot == 0xffff'ffffu);
  fill_bytes(entries_.data(), 0, entries_.bytes(), stream);
  fill_bytes(direct_.data(), 0xff, direct_.bytes(), stream);
}

void KeyDictionary::enter_all(Stream& stream) {
  empty_entries(stream);
  enter_keys(ref(), stream);
  ++rehashes_;
}

}  // namespace sluice::cuda
