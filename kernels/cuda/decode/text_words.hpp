#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "kernels/hd.hpp"

namespace sluice::cuda {

// Eight characters at a time in one word (SIMD within a register): the first one is the lowest
// byte. The tests set the high bit of exactly the bytes that pass them.
static_assert(std::endian::native == std::endian::little);

inline constexpr std::uint64_t byte_ones = 0x0101'0101'0101'0101u;
inline constexpr std::uint64_t byte_highs = byte_ones * 0x80;

/// @param at a multiple of 8; `bytes` is aligned to 8.
SLUICE_HD inline std::uint64_t load_aligned(const char* bytes, std::uint32_t at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, __builtin_assume_aligned(bytes + at, 8), sizeof word);
  return word;
}

/// The word at any place, by loads that are aligned: `bytes` is aligned to 8, and up to 16 bytes
/// from `at` on are read.
SLUICE_HD inline std::uint64_t load_word(const char* bytes, std::uint32_t at) noexcept {
  const std::uint32_t shift = at % 8 * 8;
  const std::uint64_t low = load_aligned(bytes, at & ~7u);
  const std::uint64_t high = load_aligned(bytes, (at & ~7u) + 8);
  return low >> shift | high << 1 << (63 - shift);
}

/// The low `count` <= 8 bytes.
SLUICE_HD constexpr std::uint64_t first_bytes(std::uint64_t word, std::uint32_t count) noexcept {
  return count == 8 ? word : word & ((std::uint64_t{1} << 8 * count) - 1);
}

SLUICE_HD constexpr std::uint64_t bytes_of_value(std::uint64_t word, char character) noexcept {
  const std::uint64_t other = word ^ byte_ones * static_cast<unsigned char>(character);
  return ~(((other & ~byte_highs) + ~byte_highs) | other) & byte_highs;
}

/// Control characters: below 0x20.
SLUICE_HD constexpr std::uint64_t control_bytes(std::uint64_t word) noexcept {
  return ~((word & ~byte_highs) + byte_ones * 0x60) & ~word & byte_highs;
}

/// Place of the first byte that passed a test which some byte passed.
SLUICE_HD inline std::uint32_t first_passed(std::uint64_t passed) noexcept {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint32_t>(__ffsll(static_cast<long long>(passed)) - 1) / 8;
#else
  return static_cast<std::uint32_t>(std::countr_zero(passed)) / 8;
#endif
}

/// One bit a byte of what passed a test.
SLUICE_HD constexpr std::uint32_t bits_of_passed(std::uint64_t passed) noexcept {
  return static_cast<std::uint32_t>((passed >> 7) * 0x0102'0408'1020'4080u >> 56);
}

SLUICE_HD constexpr std::uint64_t swapped(std::uint64_t word) noexcept {
  word = (word & 0x00FF'00FF'00FF'00FFu) << 8 | (word >> 8 & 0x00FF'00FF'00FF'00FFu);
  word = (word & 0x0000'FFFF'0000'FFFFu) << 16 | (word >> 16 & 0x0000'FFFF'0000'FFFFu);
  return word << 32 | word >> 32;
}

/// Whether no byte of the text is above 0x7F.
SLUICE_HD inline bool is_plain_ascii(const char* bytes, std::uint32_t begin,
                                     std::uint32_t length) noexcept {
  std::uint64_t all = 0;
  for (std::uint32_t i = 0; i < length; i += 8) {
    all |= first_bytes(load_word(bytes, begin + i), length - i < 8 ? length - i : 8);
  }
  return (all & byte_highs) == 0;
}

}  // namespace sluice::cuda
