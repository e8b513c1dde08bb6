#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/state_budget.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Key to slot. Small integer keys index an array; the others live in an open-addressing table of
/// cache lines with three keys each, linearly probed line by line, never more than a third full:
/// one line nearly always answers. Finding is read-only and thread-safe; everything else is done by
/// one thread while nobody finds.
class KeyDictionary {
 public:
  KeyDictionary(std::size_t max_keys, StateBudget& budget);

  /// @returns no_slot for a key it does not know.
  KeySlot find(std::uint64_t low, std::uint64_t high) const noexcept {
    if (is_direct(low, high)) return low < direct_size_ ? direct()[low] - 1 : no_slot;
    return lines_ == 0 ? no_slot : find_hashed(low, high, home_of(low, high));
  }

  /// Finds the keys [first, first + count) of a column. @returns whether all of them are known.
  bool find_all(const KeyColumn& keys, std::size_t first, std::size_t count,
                KeySlot* slots) const noexcept;

  /// By key the slot + 1, or 0, if the keys [first, first + count) have no high half and are
  /// all in this array; else nullptr.
  const std::uint32_t* direct_slots(const KeyColumn& keys, std::size_t first,
                                    std::size_t count) const noexcept;

  /// Brings the place of a key that is about to be added into the cache.
  void prefetch(std::uint64_t low, std::uint64_t high) const noexcept;

  /// Whether add() has a slot to give without growing.
  bool has_free_slot() const noexcept { return !free_.empty() || bound_ < capacity_; }

  /// Adds a key that it does not know. @pre has_free_slot().
  /// @returns no_slot, and adds nothing, when the budget is used up.
  KeySlot add(std::uint64_t low, std::uint64_t high);

  /// Slots it would have after grow(); its capacity now when it cannot grow further.
  std::size_t next_capacity() const noexcept;
  /// @returns false, and changes nothing, when the budget is used up.
  bool grow();

  /// Forgets every key whose slot is not marked and frees its slot. @param live [bound()]
  void keep_only(std::span<const std::uint8_t> live);

  /// Replaces the content. @returns false when max_keys or the budget cannot hold it.
  bool load(std::span<const StateImage::Key> keys);
  std::vector<StateImage::Key> save() const;

  std::size_t size() const noexcept { return bound_ - free_.size(); }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t max_keys() const noexcept { return max_keys_; }
  /// Every slot in use is less than this.
  std::size_t bound() const noexcept { return bound_; }
  std::uint64_t rehashes() const noexcept { return rehashes_; }

 private:
  static constexpr std::size_t line_keys = 3;

  /// Filled from the first place on.
  struct alignas(64) Line {
    std::uint64_t low[line_keys];
    std::uint64_t high[line_keys];
    std::uint32_t slot_plus_one[line_keys];  ///< 0: no key

    bool is_full() const noexcept { return slot_plus_one[line_keys - 1] != 0; }
    /// The only place where a key can be whose low half is in this line once.
    std::size_t place_of(std::uint64_t of_low) const noexcept {
      const std::size_t place = low[1] == of_low ? 1 : 0;
      return low[2] == of_low ? 2 : place;
    }
    bool holds(std::size_t place, std::uint64_t of_low, std::uint64_t of_high) const noexcept {
      const bool equal = ((low[place] ^ of_low) | (high[place] ^ of_high)) == 0;
      return equal & (slot_plus_one[place] != 0);
    }
  };

  static std::uint64_t hash(std::uint64_t low, std::uint64_t high) noexcept;
  bool is_direct(std::uint64_t low, std::uint64_t high) const noexcept {
    return high == 0 && low < direct_limit_;
  }
  std::size_t home_of(std::uint64_t low, std::uint64_t high) const noexcept {
    return hash(low, high) & (lines_ - 1);
  }
  KeySlot find_hashed(std::uint64_t low, std::uint64_t high, std::size_t home) const noexcept;
  template <class Low>
  bool find_low(const Low* low, const std::uint64_t* high, std::size_t count,
                KeySlot* slots) const noexcept;
  template <class Low>
  bool find_mixed(const Low* low, const std::uint64_t* high, std::size_t count,
                  KeySlot* slots) const noexcept;
  template <class Low, class High>
  bool find_block(const Low* low, High high, std::size_t count, KeySlot* slots) const noexcept;
  bool reserve_direct(std::uint64_t low);
  bool place(const StateImage::Key& key);
  void insert(const StateImage::Key& key) noexcept;
  /// Moves the marked keys (all, when nothing is marked) to a table of so many lines.
  void rebuild(std::size_t lines, std::span<const std::uint8_t> live);
  template <class Visit>
  static void each_hashed(const Pages& table, Visit visit);
  template <class Visit>
  void each_key(Visit visit) const;
  void clear();

  const std::uint32_t* direct() const noexcept {
    return reinterpret_cast<const std::uint32_t*>(direct_.data());
  }
  std::uint32_t* direct() noexcept { return reinterpret_cast<std::uint32_t*>(direct_.data()); }
  const Line* table() const noexcept { return reinterpret_cast<const Line*>(table_.data()); }
  Line* table() noexcept { return reinterpret_cast<Line*>(table_.data()); }

  StateBudget& budget_;
  std::size_t max_keys_;
  std::size_t capacity_;  ///< slots before it grows
  std::size_t bound_ = 0;
  std::vector<KeySlot> free_;   ///< descending
  std::uint64_t direct_limit_;  ///< keys (low, 0) below this never are in the table
  std::uint64_t direct_size_ = 0;
  Pages direct_;  ///< [direct_limit_] slot + 1
  Pages table_;
  std::size_t lines_ = 0;  ///< of the table, a power of two; 0: no table yet
  std::uint64_t rehashes_ = 0;
};

}  // namespace sluice::cpu
