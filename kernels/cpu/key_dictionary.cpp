#include "kernels/cpu/key_dictionary.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>

#include "kernels/cpu/fetch.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t first_capacity = 4096;
constexpr std::uint64_t first_direct_size = 4096;
// Four bytes a key up to here, whether the keys below it occur or not: at most 64 MiB.
constexpr std::uint64_t largest_direct_limit = std::uint64_t{1} << 24;
// The array may take this share of the state.
constexpr std::size_t direct_share = 16;
// Keys that are looked for together.
constexpr std::size_t block_keys = 1024;

std::uint64_t direct_limit_for(std::size_t max_keys, const StateBudget& budget) {
  const std::uint64_t wanted = std::bit_ceil(std::uint64_t{2} * max_keys + first_direct_size);
  const std::uint64_t affordable =
      std::bit_floor(budget.limit() / direct_share / sizeof(std::uint32_t) + 1);
  return std::min({wanted, affordable, largest_direct_limit});
}

/// The high halves of keys that have none.
struct NoHigh {
  std::uint64_t operator[](std::size_t) const { return 0; }
};

/// Lines for so many keys, one a key. Of keys in a table two thirds full one in nine lies outside
/// its line, of these one in fifty; and it is those that cost.
std::size_t lines_for(std::size_t keys) { return std::bit_ceil(keys); }

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
                                   std::size_t home) const noexcept {
  for (std::size_t i = home;; i = (i + 1) & (lines_ - 1)) {
    const Line& line = table()[i];
    for (std::size_t k = 0; k < line_keys; ++k) {
      if (line.holds(k, low, high)) return line.slot_plus_one[k] - 1;
    }
    if (!line.is_full()) return no_slot;
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
  bool all = true;
  for (std::size_t first = 0; first < count; first += block_keys) {
    const std::size_t size = std::min(block_keys, count - first);
    all &= high == nullptr ? find_block(low + first, NoHigh{}, size, slots + first)
                           : find_block(low + first, high + first, size, slots + first);
  }
  return all;
}

/// First looks for every key in the line where it most likely is, without a branch that could be
/// mispredicted and would then wait for the memory; then finds the others one by one.
template <class Low, class High>
bool KeyDictionary::find_block(const Low* low, High high, std::size_t count,
                               KeySlot* slots) const noexcept {
  std::uint32_t others[block_keys];
  std::size_t other_count = 0;
  if (lines_ == 0) {
    for (; other_count < count; ++other_count) {
      others[other_count] = static_cast<std::uint32_t>(other_count);
    }
  } else {
    const std::size_t mask = lines_ - 1;
    const Line* const lines = table();
    // Until its turn comes, a key's slot is the number of its line, which is on its way.
    const auto look_ahead = [&](std::size_t k) {
      slots[k] = static_cast<KeySlot>(hash(low[k], high[k]) & mask);
      fetch_far(lines + slots[k]);
    };
    const auto look = [&](std::size_t k) {
      const Line& line = lines[slots[k]];
      const std::size_t place = line.place_of(low[k]);
      const bool found = line.holds(place, low[k], high[k]);
      slots[k] = found ? line.slot_plus_one[place] - 1 : slots[k];
      others[other_count] = static_cast<std::uint32_t>(k);
      other_count += found ? 0 : 1;
    };
    const std::size_t ahead = std::min<std::size_t>(count, far_ahead);
    for (std::size_t k = 0; k < ahead; ++k) look_ahead(k);
    for (std::size_t k = 0; k < count - ahead; ++k) {
      look_ahead(k + ahead);
      look(k);
    }
    for (std::size_t k = count - ahead; k < count; ++k) look(k);
    for (const std::uint32_t k : std::span(others, other_count)) fetch_far(lines + slots[k] + 1);
  }
  bool all = true;
  for (const std::uint32_t k : std::span(others, other_count)) {
    slots[k] = find(low[k], high[k]);
    all &= slots[k] != no_slot;
  }
  return all;
}

void KeyDictionary::prefetch(std::uint64_t low, std::uint64_t high) const noexcept {
  if (is_direct(low, high)) {
    __builtin_prefetch(direct() + low, 1);
  } else if (lines_ != 0) {
    __builtin_prefetch(table() + home_of(low, high), 1);
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
  if (lines_ == 0) {
    const std::size_t lines = lines_for(capacity_);
    if (!budget_.take(lines * sizeof(Line))) return false;
    rebuild(lines, {});
  }
  insert(key);
  return true;
}

bool KeyDictionary::reserve_direct(std::uint64_t low) {
  const std::uint64_t size =
      std::min(direct_limit_, std::max(first_direct_size, std::bit_ceil(low + 1)));
  if (!budget_.take((size - direct_size_) * sizeof(std::uint32_t))) return false;
  direct_size_ = size;
  return true;
}

void KeyDictionary::insert(const StateImage::Key& key) noexcept {
  std::size_t i = home_of(key.low, key.high);
  while (table()[i].is_full()) i = (i + 1) & (lines_ - 1);
  Line& line = table()[i];
  std::size_t k = 0;
  while (line.slot_plus_one[k] != 0) ++k;
  line.low[k] = key.low;
  line.high[k] = key.high;
  line.slot_plus_one[k] = key.slot + 1;
}

void KeyDictionary::rebuild(std::size_t lines, std::span<const std::uint8_t> live) {
  const Pages old = std::move(table_);
  table_ = Pages(lines * sizeof(Line));
  lines_ = lines;
  each_hashed(old, [&](const StateImage::Key& key) {
    if (live.empty() || live[key.slot] != 0) insert(key);
  });
}

template <class Visit>
void KeyDictionary::each_hashed(const Pages& table, Visit visit) {
  const auto* const lines = reinterpret_cast<const Line*>(table.data());
  for (const Line& line : std::span(lines, table.size() / sizeof(Line))) {
    for (std::size_t k = 0; k < line_keys && line.slot_plus_one[k] != 0; ++k) {
      visit(StateImage::Key{line.slot_plus_one[k] - 1, line.low[k], line.high[k]});
    }
  }
}

std::size_t KeyDictionary::next_capacity() const noexcept {
  return std::min(max_keys_, 2 * capacity_);
}

bool KeyDictionary::grow() {
  const std::size_t capacity = next_capacity();
  if (lines_ != 0) {
    const std::size_t lines = lines_for(capacity);
    if (!budget_.take((lines - lines_) * sizeof(Line))) return false;
    if (lines != lines_) rebuild(lines, {});
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
  if (lines_ != 0 && !live.empty()) rebuild(lines_, live);
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
  each_hashed(table_, visit);
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
  lines_ = 0;
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
