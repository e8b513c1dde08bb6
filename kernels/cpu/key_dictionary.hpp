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

/// Key to slot. Small integer keys index an array; the others live in an open-addressing table with
/// linear probing, never more than half full, one 32-byte entry a key. Finding is read-only and
/// thread-safe; everything else is done by one thread while nobody finds.
class KeyDictionary {
 public:
  KeyDictionary(std::size_t max_keys, StateBudget& budget);

  /// @returns no_slot for a key it does not know.
  KeySlot find(std::uint64_t low, std::uint64_t high) const noexcept {
    if (is_direct(low, high)) return low < direct_size_ ? direct()[low] - 1 : no_slot;
    return find_hashed(low, high, hash(low, high) & mask_);
  }

  /// Finds the keys [first, first + count) of a column. @returns whether all of them are known.
  bool find_all(const KeyColumn& keys, std::size_t first, std::size_t count,
                KeySlot* slots) const noexcept;

  /// By key the slot + 1, or 0, if the keys [first, first + count) are narrow and all in this
  /// array; else nullptr.
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
  struct alignas(32) Entry {
    std::uint64_t low;
    std::uint64_t high;
    std::uint32_t slot_plus_one;  ///< 0: no key
  };

  static std::uint64_t hash(std::uint64_t low, std::uint64_t high) noexcept;
  bool is_direct(std::uint64_t low, std::uint64_t high) const noexcept {
    return high == 0 && low < direct_limit_;
  }
  KeySlot find_hashed(std::uint64_t low, std::uint64_t high, std::size_t place) const noexcept;
  template <class Low>
  bool find_low(const Low* low, const std::uint64_t* high, std::size_t count,
                KeySlot* slots) const noexcept;
  template <class Low>
  bool find_mixed(const Low* low, const std::uint64_t* high, std::size_t count,
                  KeySlot* slots) const noexcept;
  bool reserve_direct(std::uint64_t low);
  bool place(const StateImage::Key& key);
  void insert(const Entry& entry) noexcept;
  /// Moves the marked entries (all, when nothing is marked) to a table of `entries` places.
  void rebuild(std::size_t entries, std::span<const std::uint8_t> live);
  template <class Visit>
  void each_key(Visit visit) const;
  void clear();

  const std::uint32_t* direct() const noexcept {
    return reinterpret_cast<const std::uint32_t*>(direct_.data());
  }
  std::uint32_t* direct() noexcept { return reinterpret_cast<std::uint32_t*>(direct_.data()); }
  const Entry* table() const noexcept { return reinterpret_cast<const Entry*>(table_.data()); }
  Entry* table() noexcept { return reinterpret_cast<Entry*>(table_.data()); }

  StateBudget& budget_;
  std::size_t max_keys_;
  std::size_t capacity_;  ///< slots before it grows
  std::size_t bound_ = 0;
  std::vector<KeySlot> free_;   ///< descending
  std::uint64_t direct_limit_;  ///< keys (low, 0) below this never are in the table
  std::uint64_t direct_size_ = 0;
  Pages direct_;  ///< [direct_limit_] slot + 1
  Pages table_;
  std::size_t mask_ = 0;  ///< places in the table - 1; 0: no table yet
  std::uint64_t rehashes_ = 0;
};

}  // namespace sluice::cpu
