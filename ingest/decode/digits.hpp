#pragma once

#include <bit>
#include <cstdint>

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {

/// How many of the eight characters, xored with '0', are digits before the first other one.
inline unsigned leading_digits(std::uint64_t digits) noexcept {
  const std::uint64_t other = ((digits + every_byte * 0x76) | digits) & high_bits;
  return static_cast<unsigned>(std::countr_zero(other)) / 8;
}

/// The number that eight digit values spell, the first one in the lowest byte: neighbours are
/// joined three times (SIMD within a register).
inline std::uint64_t join_eight(std::uint64_t digits) noexcept {
  digits = digits * 10 + (digits >> 8);
  constexpr std::uint64_t pairs = 0x000000FF000000FFU;
  return ((digits & pairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
          ((digits >> 16) & pairs) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

inline constexpr std::uint64_t power_of_ten[] = {1U,
                                                 10U,
                                                 100U,
                                                 1'000U,
                                                 10'000U,
                                                 100'000U,
                                                 1'000'000U,
                                                 10'000'000U,
                                                 100'000'000U,
                                                 1'000'000'000U,
                                                 10'000'000'000U,
                                                 100'000'000'000U,
                                                 1'000'000'000'000U,
                                                 10'000'000'000'000U,
                                                 100'000'000'000'000U,
                                                 1'000'000'000'000'000U,
                                                 10'000'000'000'000'000U,
                                                 100'000'000'000'000'000U,
                                                 1'000'000'000'000'000'000U,
                                                 10'000'000'000'000'000'000U};
inline constexpr int max_power_of_ten = 19;

/// Appends the digits at `text` to `number` (modulo 2^64), at most 24 of them. Reads at most 24
/// bytes.
/// @returns behind the last one appended.
inline const char* append_digits(const char* text, std::uint64_t& number) noexcept {
  for (int words = 0; words < 3; ++words) {
    const std::uint64_t word = load_eight(text) ^ every_byte * '0';
    const unsigned count = leading_digits(word);
    if (count == 8) {
      number = number * 100'000'000 + join_eight(word);
      text += 8;
      continue;
    }
    if (count == 0) return text;
    number = number * power_of_ten[count] + join_eight(word << (64 - 8 * count));
    return text + count;
  }
  return text;
}

}  // namespace sluice
