#include "kernels/cuda/device_state.hpp"

#include <algorithm>
#include <string>

#include "kernels/cuda/batch_view.hpp"

namespace sluice::cuda {

namespace {

/// The dictionary starts with a chunk's worth of slots and grows fast while it is small: few
/// rebuilds on the way to millions of keys, and never much more memory than they need.
constexpr std::size_t small_capacity = std::size_t{1} << 16;
constexpr std::size_t fast_growth = 4;
constexpr std::size_t slow_growth = 2;
/// Collecting reads every row: worth it again and again only if it frees this part of the slots.
constexpr std::size_t worthwhile_part = 4;
/// The pool grows by at least this part of what it has.
constexpr std::size_t pool_growth_divisor = 8;
/// And by this part of the bound, so that little of it lies idle, up to so many bytes.
constexpr std::size_t growths_in_bound = 64;
constexpr std::size_t largest_growth = std::size_t{16} << 20;

std::size_t chunks_for(std::size_t slots) { return (slots + chunk_slots - 1) / chunk_slots; }

std::size_t key_bound(const BackendShape& shape) {
  return std::clamp<std::size_t>(shape.max_keys, 1, most_keys);
}

std::size_t first_capacity(const BackendShape& shape) {
  const std::size_t capacity = std::min<std::size_t>(key_bound(shape), chunk_slots);
  const std::size_t needed = KeyDictionary::bytes_for(capacity, false);
  if (needed > shape.max_state_bytes) {
    throw StateFull("max_state_bytes is " + std::to_string(shape.max_state_bytes) +
                    ", but an empty key dictionary takes " + std::to_string(needed));
  }
  return capacity;
}

}  // namespace

DeviceState::DeviceState(const BackendShape& shape, Stream& stream)
    : stream_(stream),
      max_bytes_(shape.max_state_bytes),
      growth_bytes_(std::min(shape.max_state_bytes / growths_in_bound, largest_growth)),
      keys_(first_capacity(shape), key_bound(shape), stream),
      panes_(shape.layout, stream) {}

std::size_t DeviceState::allocated() const noexcept {
  return keys_.bytes() + panes_.directory_bytes() + panes_.pool_bytes();
}

std::size_t DeviceState::left() const noexcept {
  std::size_t used = allocated();
  if (!reserve_released_) {
    used += PaneTable::directory_bytes(reserved_columns_, chunks_for(keys_.capacity()));
  }
  return max_bytes_ - std::min(max_bytes_, used);
}

std::size_t DeviceState::reserved_chunks(std::size_t key_capacity) const noexcept {
  return reserved_columns_ * chunks_for(std::min(key_capacity, reserved_slots_));
}

std::size_t DeviceState::bytes() const noexcept {
  return allocated() - panes_.free_chunks() * panes_.chunk_bytes();
}

bool DeviceState::cover_columns(std::size_t columns) {
  if (columns <= panes_.columns()) return true;
  const std::size_t chunks = chunks_for(keys_.capacity());
  for (const std::size_t size : {std::max(columns, 2 * panes_.columns()), columns}) {
    if (PaneTable::directory_bytes(size, chunks) - panes_.directory_bytes() > left()) continue;
    try {
      panes_.cover(size, chunks, stream_);
      return true;
    } catch (const OutOfMemory&) {
      continue;
    }
  }
  return false;
}

bool DeviceState::provide_chunks(std::size_t count) {
  const std::size_t wanted = count + panes_.kept();
  if (wanted > panes_.free_chunks()) grow_pool(wanted - panes_.free_chunks());
  return panes_.free_chunks() > panes_.kept();
}

void DeviceState::reserve_for_closing(std::size_t columns, std::size_t new_keys) {
  reserved_columns_ = columns;
  reserved_slots_ = keys_.bound() + new_keys;
  keep_reserve();
}

void DeviceState::keep_reserve() {
  restore_reserve();
  if (panes_.kept() > panes_.free_chunks()) grow_pool(panes_.kept() - panes_.free_chunks());
}

void DeviceState::release_reserve() noexcept {
  reserve_released_ = true;
  panes_.keep(0);
}

void DeviceState::restore_reserve() noexcept {
  reserve_released_ = false;
  panes_.keep(reserved_chunks(keys_.capacity()));
}

void DeviceState::grow_pool(std::size_t needed) {
  const std::size_t step = std::max<std::size_t>(growth_bytes_ / panes_.chunk_bytes(), 1);
  const std::size_t generous =
      (std::max(needed, panes_.pool_chunks() / pool_growth_divisor) + step - 1) / step * step;
  const std::size_t most = left() / panes_.chunk_bytes();
  for (const std::size_t size : {generous, needed, std::size_t{1}}) {
    if (most == 0) return;
    try {
      panes_.add_chunks(std::min(size, most), stream_);
      return;
    } catch (const OutOfMemory&) {
      continue;
    }
  }
}

DeviceState::KeyRoom DeviceState::make_key_room(const WaitingEvents& waiting) {
  if (collectable_) {
    keys_.collect(panes_.ref(), waiting, stream_);
    collectable_ = false;
    if (keys_.available() * worthwhile_part >= keys_.capacity()) return KeyRoom::made;
  }
  const std::size_t growth = keys_.capacity() < small_capacity ? fast_growth : slow_growth;
  for (const std::size_t factor : {growth, slow_growth}) {
    if (grow_keys(std::min(keys_.capacity() * factor, keys_.max_keys()))) return KeyRoom::made;
  }
  if (keys_.available() > 0) return KeyRoom::made;
  return keys_.capacity() == keys_.max_keys() ? KeyRoom::keys_full : KeyRoom::out_of_memory;
}

void DeviceState::expect_integer_keys() {
  const std::size_t capacity = keys_.capacity();
  if (keys_.has_direct()) return;
  if (KeyDictionary::bytes_for(capacity, true) - keys_.bytes() > left()) return;
  try {
    keys_.add_direct(stream_);
  } catch (const OutOfMemory&) {
    return;  // they are hashed
  }
}

bool DeviceState::cover_slots(std::size_t bound) {
  if (bound <= keys_.capacity()) return true;
  return bound <= keys_.max_keys() && grow_keys(bound);
}

bool DeviceState::grow_keys(std::size_t capacity) {
  if (capacity <= keys_.capacity()) return false;
  const std::size_t chunks = std::max(chunks_for(capacity), panes_.chunks());
  const std::size_t dictionary = keys_.bytes_at(capacity) - keys_.bytes();
  const std::size_t directory =
      PaneTable::directory_bytes(panes_.columns(), chunks) - panes_.directory_bytes();
  const std::size_t reserved = reserved_chunks(capacity);
  const std::size_t reserve =
      (reserved - std::min(reserved, panes_.free_chunks())) * panes_.chunk_bytes() +
      PaneTable::directory_bytes(reserved_columns_, chunks_for(capacity)) -
      PaneTable::directory_bytes(reserved_columns_, chunks_for(keys_.capacity()));
  if (dictionary + directory + reserve > left()) return false;
  try {
    panes_.cover(panes_.columns(), chunks, stream_);
    keys_.grow(capacity, stream_);
    if (!reserve_released_) keep_reserve();
    return true;
  } catch (const OutOfMemory&) {
    return false;
  }
}

void DeviceState::clear() {
  keys_.clear(stream_);
  panes_.clear(stream_);
  collectable_ = false;
  reserved_columns_ = 0;
  restore_reserve();
}

}  // namespace sluice::cuda
