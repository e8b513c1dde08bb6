#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/fetch.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

// What loops over events read key slots from: number k is slot + 1 of event k, or 0 for none;
// fetch(k) brings it nearer; from(k) starts there.

struct NumbersOfSlots {
  const KeySlot* slots;
  KeySlot operator[](std::size_t k) const { return slots[k] + 1; }
  NumbersOfSlots from(std::size_t k) const { return {slots + k}; }
  [[gnu::always_inline]] void fetch(std::size_t) const {}
};

/// @tparam Key std::uint32_t or std::uint64_t
template <class Key>
struct NumbersOfKeys {
  const std::uint32_t* direct;  ///< by key
  const Key* keys;
  KeySlot operator[](std::size_t k) const { return direct[keys[k]]; }
  NumbersOfKeys from(std::size_t k) const { return {direct, keys + k}; }
  [[gnu::always_inline]] void fetch(std::size_t k) const { fetch_far(direct + keys[k]); }
};
template <class Key>
NumbersOfKeys(const std::uint32_t*, const Key*) -> NumbersOfKeys<Key>;

}  // namespace sluice::cpu
