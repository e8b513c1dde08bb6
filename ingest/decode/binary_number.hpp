#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace sluice {

/// The number whose bytes lie at `text`, in this machine's order or in the other one.
template <class Number, bool Swapped>
Number load_number(const char* text) noexcept {
  std::array<char, sizeof(Number)> bytes;
  std::memcpy(bytes.data(), text, sizeof bytes);
  if constexpr (Swapped) std::ranges::reverse(bytes);
  return std::bit_cast<Number>(bytes);
}

}  // namespace sluice
