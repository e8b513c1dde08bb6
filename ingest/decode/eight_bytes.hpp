#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice {

// Eight characters at a time in one word (SIMD within a register): the first character is the
// lowest byte. The tests below set the high bit of the bytes that pass them; bits above the first
// one that passes may be wrong, so that only the first one counts.
static_assert(std::endian::native == std::endian::little);

inline constexpr std::uint64_t every_byte = 0x0101010101010101U;
inline constexpr std::uint64_t high_bits = every_byte * 0x80;

inline std::uint64_t load_eight(const char* text) noexcept {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

/// @param limit at most 0x80.
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t limit) noexcept {
  return (word - every_byte * limit) & ~word & high_bits;
}

constexpr std::uint64_t bytes_equal(std::uint64_t word, char character) noexcept {
  return bytes_below(word ^ every_byte * static_cast<unsigned char>(character), 1);
}

/// Place of the first byte that passed a test which some byte passed.
constexpr unsigned first_byte(std::uint64_t passed) noexcept {
  return static_cast<unsigned>(std::countr_zero(passed)) / 8;
}

}  // namespace sluice
