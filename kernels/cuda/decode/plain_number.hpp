#pragma once

#include <cstdint>

#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

inline constexpr std::uint32_t most_digits = 18;

/// @param power at most 18
SLUICE_HD inline std::uint64_t ten_to(std::uint32_t power) noexcept {
  constexpr std::uint64_t ten = 10;
  std::uint64_t result = (power & 1u) != 0 ? ten : 1;
  if ((power & 2u) != 0) result *= 100;
  if ((power & 4u) != 0) result *= 10'000;
  if ((power & 8u) != 0) result *= 100'000'000;
  if ((power & 16u) != 0) result *= 10'000'000'000'000'000u;
  return result;
}

/// +-digits / 10^decimals.
struct PlainNumber {
  std::uint64_t digits = 0;
  std::uint32_t decimals = 0;
  bool negative = false;
};

/// How many of the eight characters, xored with '0', are digits before the first other one.
SLUICE_HD inline std::uint32_t count_digits(std::uint64_t digits) noexcept {
  const std::uint64_t other = (((digits & ~byte_highs) + byte_ones * 0x76) | digits) & byte_highs;
  return other == 0 ? 8 : first_passed(other);
}

/// The number that eight digit values spell, the first one in the lowest byte: neighbours are
/// joined three times.
SLUICE_HD constexpr std::uint64_t joined_digits(std::uint64_t digits) noexcept {
  digits = digits * 10 + (digits >> 8);
  constexpr std::uint64_t pairs = 0x0000'00FF'0000'00FFu;
  return ((digits & pairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
          (digits >> 16 & pairs) * (1 + (std::uint64_t{10'000} << 32))) >>
         32;
}

/// Appends the digits from `at` on to `number`, modulo 2^64 and at most 24. @returns how many.
SLUICE_HD inline std::uint32_t append_digits(const char* bytes, std::uint32_t at,
                                             std::uint64_t& number) noexcept {
  std::uint32_t all = 0;
  for (std::uint32_t count = 8; count == 8 && all < 24; all += count) {
    const std::uint64_t word = load_word(bytes, at + all) ^ byte_ones * '0';
    count = count_digits(word);
    if (count == 0) break;
    number = number * ten_to(count) + joined_digits(word << (64 - 8 * count));
  }
  return all;
}

/// Reads `-?digits[.digits]` of at most 18 digits at `at`, to where it stops being one. With
/// `leading_zeros`, a zero may come before other digits. @returns its end, 0: there is none.
SLUICE_HD inline std::uint32_t read_plain_number(const char* bytes, std::uint32_t at,
                                                 bool leading_zeros, PlainNumber& number) noexcept {
  number = {};
  number.negative = bytes[at] == '-';
  at += number.negative ? 1 : 0;
  const std::uint32_t whole = append_digits(bytes, at, number.digits);
  if (whole == 0 || (!leading_zeros && whole > 1 && bytes[at] == '0')) return 0;
  at += whole;
  if (bytes[at] == '.') {
    number.decimals = append_digits(bytes, at + 1, number.digits);
    if (number.decimals == 0) return 0;
    at += 1 + number.decimals;
  }
  return whole + number.decimals <= most_digits ? at : 0;
}

}  // namespace sluice::cuda
