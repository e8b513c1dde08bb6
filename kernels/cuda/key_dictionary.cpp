#include "kernels/cuda/key_dictionary.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/cuda/collect_keys.hpp"

namespace sluice::cuda {

namespace {

std::size_t places_for(std::size_t capacity) { return 2 * std::bit_ceil(capacity); }

}  // namespace

KeyDictionary::KeyDictionary(std::size_t capacity, std::size_t max_keys, Stream& stream)
    : capacity_(capacity),
      max_keys_(max_keys),
      entries_(places_for(capacity)),
      low_(capacity),
      high_(capacity),
      used_(capacity),
      live_(capacity),
      free_slots_(capacity) {
  clear(stream);
}

KeyDictionaryRef KeyDictionary::ref() noexcept {
  return {.entries = entries_.data(),
          .mask = static_cast<std::uint32_t>(entries_.size() - 1),
          .available = static_cast<std::uint32_t>(available()),
          .low = low_.data(),
          .high = high_.data(),
          .used = used_.data(),
          .free_slots = free_slots_.data(),
          .free_count = static_cast<std::uint32_t>(free_count_),
          .first_fresh = static_cast<KeySlot>(first_fresh_)};
}

std::size_t KeyDictionary::bytes_for(std::size_t capacity) noexcept {
  constexpr std::size_t per_slot = 2 * sizeof(std::uint64_t) + 2 + sizeof(KeySlot);
  return places_for(capacity) * sizeof(DictionaryEntry) + capacity * per_slot;
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
  DeviceBuffer<std::uint64_t> low(capacity);
  DeviceBuffer<std::uint64_t> high(capacity);
  DeviceBuffer<std::uint8_t> used(capacity);
  DeviceBuffer<std::uint8_t> live(capacity);
  DeviceBuffer<KeySlot> free_slots(capacity);
  copy_on_device(low.data(), low_.data(), first_fresh_, stream);
  copy_on_device(high.data(), high_.data(), first_fresh_, stream);
  copy_on_device(used.data(), used_.data(), first_fresh_, stream);
  copy_on_device(free_slots.data(), free_slots_.data(), free_count_, stream);
  entries_ = std::move(entries);
  low_ = std::move(low);
  high_ = std::move(high);
  used_ = std::move(used);
  live_ = std::move(live);
  free_slots_ = std::move(free_slots);
  capacity_ = capacity;
  enter_all(stream);
}

void KeyDictionary::clear(Stream& stream) {
  first_fresh_ = 0;
  free_count_ = 0;
  fill_bytes(entries_.data(), 0, entries_.bytes(), stream);
}

void KeyDictionary::load(std::span<const StateImage::Key> keys, Stream& stream) {
  std::size_t bound = 0;
  for (const StateImage::Key& key : keys) bound = std::max<std::size_t>(bound, key.slot + 1u);
  PinnedBuffer<std::uint64_t> low(bound);
  PinnedBuffer<std::uint64_t> high(bound);
  PinnedBuffer<std::uint8_t> used(bound);
  PinnedBuffer<KeySlot> free_slots(bound);
  std::fill(low.begin(), low.end(), 0);
  std::fill(high.begin(), high.end(), 0);
  std::fill(used.begin(), used.end(), std::uint8_t{0});
  for (const StateImage::Key& key : keys) {
    low[key.slot] = key.low;
    high[key.slot] = key.high;
    used[key.slot] = 1;
  }
  std::size_t free_count = 0;
  for (std::size_t slot = bound; slot-- > 0;) {
    if (used[slot] == 0) free_slots[free_count++] = static_cast<KeySlot>(slot);
  }
  copy_to_device(low_.data(), low.data(), bound, stream);
  copy_to_device(high_.data(), high.data(), bound, stream);
  copy_to_device(used_.data(), used.data(), bound, stream);
  copy_to_device(free_slots_.data(), free_slots.data(), free_count, stream);
  first_fresh_ = bound;
  free_count_ = free_count;
  enter_all(stream);
  stream.synchronize();  // the pinned buffers go
}

std::vector<StateImage::Key> KeyDictionary::save(Stream& stream) {
  PinnedBuffer<std::uint64_t> low(first_fresh_);
  PinnedBuffer<std::uint64_t> high(first_fresh_);
  PinnedBuffer<std::uint8_t> used(first_fresh_);
  copy_to_host(low.data(), low_.data(), first_fresh_, stream);
  copy_to_host(high.data(), high_.data(), first_fresh_, stream);
  copy_to_host(used.data(), used_.data(), first_fresh_, stream);
  stream.synchronize();  // the keys are read below
  std::vector<StateImage::Key> keys;
  keys.reserve(size());
  for (std::size_t slot = 0; slot < first_fresh_; ++slot) {
    if (used[slot] != 0) keys.push_back({static_cast<KeySlot>(slot), low[slot], high[slot]});
  }
  return keys;
}

void KeyDictionary::enter_all(Stream& stream) {
  fill_bytes(entries_.data(), 0, entries_.bytes(), stream);
  enter_keys(ref(), stream);
  ++rehashes_;
}

}  // namespace sluice::cuda
