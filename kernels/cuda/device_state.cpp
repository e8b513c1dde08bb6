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
/// A segment of the pool: a small part of the bound, so that little of it lies idle.
constexpr std::size_t segments_in_bound = 64;
constexpr std::size_t largest_segment = std::size_t{16} << 20;

std::size_t chunks_for(std::size_t slots) { return (slots + chunk_slots - 1) / chunk_slots; }

std::size_t key_bound(const BackendShape& shape) {
  return std::clamp<std::size_t>(shape.max_keys, 1, most_keys);
}

std::size_t first_capacity(const BackendShape& shape) {
  const std::size_t capacity = std::min<std::size_t>(key_bound(shape), chunk_slots);
  const std::size_t needed = KeyDictionary::bytes_for(capacity);
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
      keys_(first_capacity(shape), key_bound(shape), stream),
      panes_(shape.layout, std::min(shape.max_state_bytes / segments_in_bound, largest_segment)) {}

std::size_t DeviceState::allocated() const noexcept {
  return keys_.bytes() + panes_.directory_bytes() + panes_.pool_bytes();
}

std::size_t DeviceState::left() const noexcept {
  return max_bytes_ - std::min(max_bytes_, allocated());
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
  if (count <= panes_.free_chunks()) return true;
  const std::size_t needed = count - panes_.free_chunks();
  const std::size_t segment = panes_.segment_chunks();
  const std::size_t generous =
      (std::max(needed, panes_.pool_chunks() / pool_growth_divisor) + segment - 1) / segment *
      segment;
  const std::size_t most = left() / panes_.chunk_bytes();
  for (const std::size_t size : {generous, needed, std::size_t{1}}) {
    if (most == 0) break;
    try {
      panes_.add_chunks(std::min(size, most), stream_);
      break;
    } catch (const OutOfMemory&) {
      continue;
    }
  }
  return panes_.free_chunks() > 0;
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

bool DeviceState::cover_slots(std::size_t bound) {
  if (bound <= keys_.capacity()) return true;
  return bound <= keys_.max_keys() && grow_keys(bound);
}

bool DeviceState::grow_keys(std::size_t capacity) {
  if (capacity <= keys_.capacity()) return false;
  const std::size_t chunks = std::max(chunks_for(capacity), panes_.chunks());
  const std::size_t dictionary = KeyDictionary::bytes_for(capacity) - keys_.bytes();
  const std::size_t directory =
      PaneTable::directory_bytes(panes_.columns(), chunks) - panes_.directory_bytes();
  if (dictionary + directory > left()) return false;
  try {
    panes_.cover(panes_.columns(), chunks, stream_);
    keys_.grow(capacity, stream_);
    return true;
  } catch (const OutOfMemory&) {
    return false;
  }
}

void DeviceState::clear() {
  keys_.clear(stream_);
  panes_.clear(stream_);
  collectable_ = false;
}

}  // namespace sluice::cuda
