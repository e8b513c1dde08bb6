#include "kernels/cpu/key_dictionary.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>

namespace sluice::cpu {
namespace {

constexpr std::size_t first_capacity = 4096;
constexpr std::uint64_t first_direct_size = 4096;
// Four bytes a key up to here, whether the keys below it occur or not: at most 64 MiB.
constexpr std::uint64_t largest_direct_limit = std::uint64_t{1} << 24;
// The array may take this share of the state.
constexpr std::size_t direct_share = 16;
constexpr std::size_t prefetch_distance = 32;

std::uint64_t direct_limit_for(std::size_t max_keys, const StateBudget& budget) {
  const std::uint64_t wanted = std::bit_ceil(std::uint64_t{2} * max_keys + first_direct_size);
  const std::uint64_t affordable =
      std::bit_floor(budget.limit() / direct_share / sizeof(std::uint32_t) + 1);
  return std::min({wanted, affordable, largest_direct_limit});
}

/// Whether all keys are less than `size`, a power of two or 0.
template <class Low>
bool are_below(const Low* low, std::size_t count, std::uint64_t size) {
  // A bit at or above the size shows in the union of the keys.
  Low all_bits = 0;
  for (std::size_t k = 0; k < count; ++k) all_bits |= low[k];
  return all_bits < size;
}

}  // namespace

KeyDictionary::KeyDictionary(std::size_t max_keys, StateBudget& budget)
    : budget_(budget),
      max_keys_(std::min<std::size_t>(max_keys, no_slot - 2)),
      capacity_(std::min(max_keys_, first_capacity)),
      direct_limit_(direct_limit_for(max_keys, budget)),
      direct_(direct_limit_ * sizeof(std::uint32_t)) {}

std::uint64_t KeyDictionary::hash(std::uint64_t low, std::uint64_t high) noexcept {
  // Folded multiplication; the constants are odd and have no structure.
  const auto product = static_cast<unsigned __int128>(low ^ 0x9e37'79b9'7f4a'7c15u) *
                       (high ^ 0xd1b5'4a32'd192'ed03u);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

KeySlot KeyDictionary::find_hashed(std::uint64_t low, std::uint64_t high,
                                   std::size_t place) const noexcept {
  if (mask_ == 0) return no_slot;
  for (std::size_t i = place;; i = (i + 1) & mask_) {
    const Entry& entry = table()[i];
    if (entry.slot_plus_one == 0) return no_slot;
    if (entry.low == low && entry.high == high) return entry.slot_plus_one - 1;
  }
}

bool KeyDictionary::find_all(const KeyColumn& keys, std::size_t first, std::size_t count,
                             KeySlot* slots) const noexcept {
  const std::uint64_t* const high = keys.high == nullptr ? nullptr : keys.high + first;
  return keys.narrow != nullptr ? find_low(keys.narrow + first, high, count, slots)
                                : find_low(keys.low + first, high, count, slots);
}

template <class Low>
bool KeyDictionary::find_low(const Low* low, const std::uint64_t* high, std::size_t count,
                             KeySlot* slots) const noexcept {
  if (high != nullptr || !are_below(low, count, direct_size_)) {
    return find_mixed(low, high, count, slots);
  }
  const std::uint32_t* const known = direct();
#pragma GCC unroll 8
  for (std::size_t k = 0; k < count; ++k) slots[k] = known[low[k]] - 1;
  bool missing = false;
  for (std::size_t k = 0; k < count; ++k) missing |= slots[k] == no_slot;
  return !missing;
}

const std::uint32_t* KeyDictionary::direct_slots(const KeyColumn& keys, std::size_t first,
                                                 std::size_t count) const noexcept {
  if (keys.high != nullptr) return nullptr;
  const bool all = keys.narrow != nullptr ? are_below(keys.narrow + first, count, direct_size_)
                                          : are_below(keys.low + first, count, direct_size_);
  return all ? direct() : nullptr;
}

template <class Low>
bool KeyDictionary::find_mixed(const Low* low, const std::uint64_t* high, std::size_t count,
                               KeySlot* slots) const noexcept {
  const auto high_of = [high](std::size_t k) { return high == nullptr ? 0 : high[k]; };
  // Each key's place is computed once, and fetched, some keys ahead of its turn.
  std::size_t places[prefetch_distance];
  const auto look_ahead = [&](std::size_t k) {
    std::size_t& place = places[k % prefetch_distance];
    place = hash(low[k], high_of(k)) & mask_;
    __builtin_prefetch(table() + place);
  };
  for (std::size_t k = 0; k < std::min(count, prefetch_distance); ++k) look_ahead(k);
  bool all = true;
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t key_high = high_of(k);
    slots[k] = is_direct(low[k], key_high)
                   ? find(low[k], key_high)
                   : find_hashed(low[k], key_high, places[k % prefetch_distance]);
    all &= slots[k] != no_slot;
    if (k + prefetch_distance < count) look_ahead(k + prefetch_distance);
  }
  return all;
}

void KeyDictionary::prefetch(std::uint64_t low, std::uint64_t high) const noexcept {
  if (is_direct(low, high)) {
    __builtin_prefetch(direct() + low, 1);
  } else if (mask_ != 0) {
    __builtin_prefetch(table() + (hash(low, high) & mask_), 1);
  }
}

KeySlot KeyDictionary::add(std::uint64_t low, std::uint64_t high) {
  assert(has_free_slot() && find(low, high) == no_slot);
  const KeySlot slot = free_.empty() ? static_cast<KeySlot>(bound_) : free_.back();
  if (!place({slot, low, high})) return no_slot;
  if (free_.empty()) {
    ++bound_;
  } else {
    free_.pop_back();
  }
  return slot;
}

bool KeyDictionary::place(const StateImage::Key& key) {
  if (is_direct(key.low, key.high)) {
    if (key.low >= direct_size_ && !reserve_direct(key.low)) return false;
    direct()[key.low] = key.slot + 1;
    return true;
  }
  if (mask_ == 0) {
    const std::size_t entries = std::bit_ceil(2 * capacity_);
    if (!budget_.take(entries * sizeof(Entry))) return false;
    rebuild(entries, {});
  }
  insert({key.low, key.high, key.slot + 1});
  return true;
}

bool KeyDictionary::reserve_direct(std::uint64_t low) {
  const std::uint64_t size =
      std::min(direct_limit_, std::max(first_direct_size, std::bit_ceil(low + 1)));
  if (!budget_.take((size - direct_size_) * sizeof(std::uint32_t))) return false;
  direct_size_ = size;
  return true;
}

void KeyDictionary::insert(const Entry& entry) noexcept {
  std::size_t i = hash(entry.low, entry.high) & mask_;
  while (table()[i].slot_plus_one != 0) i = (i + 1) & mask_;
  table()[i] = entry;
}

void KeyDictionary::rebuild(std::size_t entries, std::span<const std::uint8_t> live) {
  const Pages old = std::move(table_);
  const std::size_t old_entries = old.size() / sizeof(Entry);
  table_ = Pages(entries * sizeof(Entry));
  mask_ = entries - 1;
  const Entry* const from = reinterpret_cast<const Entry*>(old.data());
  for (std::size_t i = 0; i < old_entries; ++i) {
    const std::uint32_t slot_plus_one = from[i].slot_plus_one;
    if (slot_plus_one != 0 && (live.empty() || live[slot_plus_one - 1] != 0)) insert(from[i]);
  }
}

std::size_t KeyDictionary::next_capacity() const noexcept {
  return std::min(max_keys_, 2 * capacity_);
}

bool KeyDictionary::grow() {
  const std::size_t capacity = next_capacity();
  if (mask_ != 0) {
    const std::size_t entries = std::bit_ceil(2 * capacity);
    const std::size_t added = entries - (mask_ + 1);
    if (!budget_.take(added * sizeof(Entry))) return false;
    if (added != 0) rebuild(entries, {});
  }
  capacity_ = capacity;
  ++rehashes_;
  return true;
}

void KeyDictionary::keep_only(std::span<const std::uint8_t> live) {
  for (std::uint64_t key = 0; key < direct_size_; ++key) {
    std::uint32_t& slot_plus_one = direct()[key];
    if (slot_plus_one != 0 && live[slot_plus_one - 1] == 0) slot_plus_one = 0;
  }
  if (mask_ != 0 && !live.empty()) rebuild(mask_ + 1, live);
  const auto last = std::find_if(live.rbegin(), live.rend(), [](std::uint8_t m) { return m != 0; });
  bound_ = static_cast<std::size_t>(live.rend() - last);
  free_.clear();
  for (std::size_t slot = bound_; slot-- > 0;) {
    if (live[slot] == 0) free_.push_back(static_cast<KeySlot>(slot));
  }
  ++rehashes_;
}

template <class Visit>
void KeyDictionary::each_key(Visit visit) const {
  for (std::uint64_t key = 0; key < direct_size_; ++key) {
    if (direct()[key] != 0) visit(StateImage::Key{direct()[key] - 1, key, 0});
  }
  const std::size_t entries = mask_ == 0 ? 0 : mask_ + 1;
  for (std::size_t i = 0; i < entries; ++i) {
    const Entry& entry = table()[i];
    if (entry.slot_plus_one != 0) {
      visit(StateImage::Key{entry.slot_plus_one - 1, entry.low, entry.high});
    }
  }
}

std::vector<StateImage::Key> KeyDictionary::save() const {
  std::vector<StateImage::Key> keys;
  keys.reserve(size());
  each_key([&](const StateImage::Key& key) { keys.push_back(key); });
  return keys;
}

void KeyDictionary::clear() {
  budget_.give(direct_size_ * sizeof(std::uint32_t) + table_.size());
  direct_ = Pages(direct_limit_ * sizeof(std::uint32_t));
  direct_size_ = 0;
  table_ = Pages();
  mask_ = 0;
  capacity_ = std::min(max_keys_, first_capacity);
  bound_ = 0;
  free_.clear();
}

bool KeyDictionary::load(std::span<const StateImage::Key> keys) {
  clear();
  for (const StateImage::Key& key : keys) {
    if (key.slot >= max_keys_) return false;
    bound_ = std::max<std::size_t>(bound_, key.slot + 1u);
  }
  while (capacity_ < bound_) capacity_ = next_capacity();
  std::vector<std::uint8_t> used(bound_);
  for (const StateImage::Key& key : keys) {
    used[key.slot] = 1;
    if (!place(key)) return false;
  }
  for (std::size_t slot = bound_; slot-- > 0;) {
    if (used[slot] == 0) free_.push_back(static_cast<KeySlot>(slot));
  }
  return true;
}

}  // namespace sluice::cpu
