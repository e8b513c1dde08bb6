#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/types.hpp"

namespace sluice::cpu {

// What loops over events read key slots from: number k is slot + 1 of event k, or 0 for none;
// fetch(k) brings it nearer.

struct NumbersOfSlots {
  const KeySlot* slots;
  KeySlot operator[](std::size_t k) const { return slots[k] + 1; }
  void fetch(std::size_t) const {}
};

/// @tparam Key std::uint32_t or std::uint64_t
template <class Key>
struct NumbersOfKeys {
  const std::uint32_t* direct;  ///< by key
  const Key* keys;
  KeySlot operator[](std::size_t k) const { return direct[keys[k]]; }
  void fetch(std::size_t k) const { __builtin_prefetch(direct + keys[k]); }
};
template <class Key>
NumbersOfKeys(const std::uint32_t*, const Key*) -> NumbersOfKeys<Key>;

}  // namespace sluice::cpu
