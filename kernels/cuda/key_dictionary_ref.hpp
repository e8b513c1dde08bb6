#pragma once

#include <cstdint>

#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// One place of the dictionary: empty (0), or the upper half of the key's hash and, below it, a
/// settled key's slot + 1 or the event that claimed the place in this pass.
using DictionaryEntry = std::uint64_t;
inline constexpr DictionaryEntry empty_entry = 0;

/// A key's halves, side by side: one sector to compare.
struct alignas(16) KeyIdentity {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  SLUICE_HD constexpr bool operator==(const KeyIdentity& other) const noexcept {
    return low == other.low && high == other.high;
  }
};

/// A view of the key dictionary in device memory: open addressing, linear probing, at most half
/// full, no tombstones. Small integer keys, (low, 0) with low < direct_size, are not hashed: they
/// are entered in `direct` and nowhere else.
///
/// A key has 128 bits and a place is claimed by one 64-bit compare-and-swap, so a claim names the
/// event that made it: until the pass is over, others compare their key with that event's columns,
/// which nobody changes, and never wait. Afterwards settle_keys gives the claims their slots.
struct KeyDictionaryRef {
  DictionaryEntry* entries = nullptr;  ///< [mask + 1]
  std::uint32_t mask = 0;
  std::uint32_t available = 0;          ///< slots that this pass may give out
  std::uint32_t* direct = nullptr;      ///< [direct_size] by key: its slot, no_slot, or claimed_key
  std::uint32_t direct_size = 0;        ///< at most most_direct_keys
  KeyIdentity* identities = nullptr;    ///< [slot]
  std::uint8_t* used = nullptr;         ///< [slot] 1: given out
  const KeySlot* free_slots = nullptr;  ///< stack of slots that were given back
  std::uint32_t free_count = 0;
  KeySlot first_fresh = 0;  ///< slots from here on were never given out
};

inline constexpr std::uint32_t claimed_key = no_slot - 1;
inline constexpr std::uint32_t most_direct_keys = 1u << 29;

/// Whether a key is entered by its value.
SLUICE_HD constexpr bool is_direct(const KeyDictionaryRef& keys, std::uint64_t low,
                                   std::uint64_t high) noexcept {
  return high == 0 && low < keys.direct_size;
}

/// The finaliser of MurmurHash3: every bit of x moves every bit of the result.
SLUICE_HD constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 33)) * 0xff51'afd7'ed55'8ccdu;
  x = (x ^ (x >> 33)) * 0xc4ce'b9fe'1a85'ec53u;
  return x ^ (x >> 33);
}

SLUICE_HD constexpr std::uint64_t hash_of(std::uint64_t low, std::uint64_t high) noexcept {
  return mix(low ^ mix(high + 0x9e37'79b9'7f4a'7c15u));
}

inline constexpr std::uint64_t tag_bits = 0xffff'ffff'0000'0000u;
inline constexpr std::uint32_t claimed_bit = 0x8000'0000u;

SLUICE_HD constexpr DictionaryEntry settled_entry(std::uint64_t hash, KeySlot slot) noexcept {
  return (hash & tag_bits) | (slot + 1);
}
SLUICE_HD constexpr DictionaryEntry claimed_entry(std::uint64_t hash,
                                                  std::uint32_t event) noexcept {
  return (hash & tag_bits) | claimed_bit | event;
}
SLUICE_HD constexpr bool is_claimed(DictionaryEntry entry) noexcept {
  return (entry & claimed_bit) != 0;
}
SLUICE_HD constexpr std::uint32_t event_of(DictionaryEntry entry) noexcept {
  return static_cast<std::uint32_t>(entry) & ~claimed_bit;
}
SLUICE_HD constexpr KeySlot slot_of(DictionaryEntry entry) noexcept {
  return static_cast<std::uint32_t>(entry) - 1;
}

static_assert(slot_of(settled_entry(0x1234'5678'9abc'def0u, 7)) == 7);
static_assert(event_of(claimed_entry(0x1234'5678'9abc'def0u, 7)) == 7);
static_assert(is_claimed(claimed_entry(0, 0)) && !is_claimed(settled_entry(~0u, 0)));

}  // namespace sluice::cuda
