#pragma once

#include <cstdint>

#include "ingest/decode/digits.hpp"
#include "ingest/decode/eight_bytes.hpp"

namespace sluice {

// Numbers of a length that is known beforehand, without a branch on any digit. These only say yes
// or no: what they refuse is for number.hpp to judge. All of them may read up to 64 bytes behind
// the text.

/// 1 where the byte is that character, else 0. Written without a comparison: what compilers make of
/// one waits for whatever its register held before, which chains the rows of a loop together.
constexpr std::uint32_t is_byte(char byte, char character) noexcept {
  return (static_cast<std::uint32_t>(static_cast<unsigned char>(byte ^ character)) - 1) >> 31;
}

/// Whether the text is true, false or null.
inline bool is_quick_word(const char* text, std::uint32_t length) noexcept {
  // Their first bytes are the lowest ones.
  constexpr std::uint64_t true_word = 0x6575'7274;
  constexpr std::uint64_t null_word = 0x6C6C'756E;
  constexpr std::uint64_t false_word = 0x65'736C'6166;
  const std::uint64_t word = load_eight(text);
  const std::uint64_t four = word & 0xFFFF'FFFF;
  if (length == 4) return four == true_word || four == null_word;
  return length == 5 && (word & 0xFF'FFFF'FFFF) == false_word;
}

/// Whether eight characters, xored with '0', are digits all of them.
constexpr bool all_digits(std::uint64_t digits) noexcept {
  return (((digits + every_byte * 0x76) | digits) & high_bits) == 0;
}

/// Reads 1 to 19 digits and nothing else.
inline bool quick_digits(const char* text, std::uint32_t length, std::uint64_t& number) noexcept {
  constexpr std::uint64_t zeros = every_byte * '0';
  if (length - 1 > 18) return false;
  const std::uint64_t first = load_eight(text) ^ zeros;
  if (length <= 8) {
    const std::uint64_t digits = first << (64 - 8 * length);
    number = join_eight(digits);
    return all_digits(digits);
  }
  const std::uint64_t second = load_eight(text + 8) ^ zeros;
  if (length <= 16) {
    const std::uint64_t digits = second << (128 - 8 * length);
    number = join_eight(first) * power_of_ten[length - 8] + join_eight(digits);
    return all_digits(first) && all_digits(digits);
  }
  const std::uint64_t digits = (load_eight(text + 16) ^ zeros) << (192 - 8 * length);
  number = (join_eight(first) * 100'000'000 + join_eight(second)) * power_of_ten[length - 16] +
           join_eight(digits);
  return all_digits(first) && all_digits(second) && all_digits(digits);
}

/// +-digits / 10^decimals.
struct QuickNumber {
  std::uint64_t digits = 0;
  std::uint32_t decimals = 0;
  std::uint32_t negative = 0;  ///< 1 or 0

  std::int64_t with_sign(std::uint64_t magnitude) const noexcept {
    return static_cast<std::int64_t>((magnitude ^ (std::uint64_t{0} - negative)) + negative);
  }
};

enum class LeadingZeros : bool { refused, allowed };

/// Reads `-?digits` of at most 19 digits.
template <LeadingZeros Zeros>
inline bool quick_integer(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
  number.negative = is_byte(*text, '-');
  text += number.negative;
  length -= number.negative;
  if (Zeros == LeadingZeros::refused && *text == '0' && length > 1) return false;
  return quick_digits(text, length, number.digits);
}

/// Reads `-?digits[.digits]` of at most 19 digits.
template <LeadingZeros Zeros>
inline bool quick_number(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
  number.negative = is_byte(*text, '-');
  text += number.negative;
  length -= number.negative;
  number.decimals = 0;
  const std::uint64_t point = bytes_equal(load_eight(text), '.');
  std::uint32_t whole = point == 0 ? 8 : first_byte(point);
  if (Zeros == LeadingZeros::refused && *text == '0' && length > 1 && whole != 1) return false;
  if (length <= 8) {
    // The digits behind the point move one place forward, over it; without one nothing moves.
    if (length == 0 || whole == 0) return false;
    const bool has_point = whole < length;
    whole = has_point ? whole : 7;
    number.decimals = has_point ? length - whole - 1 : 0;
    if (has_point && number.decimals == 0) return false;
    const std::uint64_t word = load_eight(text) ^ every_byte * '0';
    const std::uint64_t before = (std::uint64_t{1} << (8 * whole)) - 1;
    const std::uint64_t joined = has_point ? (word & before) | (word >> 8 & ~before) : word;
    const std::uint64_t digits = joined << (64 - 8 * (length - has_point));
    number.digits = join_eight(digits);
    return all_digits(digits);
  }
  if (whole == 8) {
    while (whole < length && whole < 20 && text[whole] != '.') ++whole;
  }
  if (whole >= length) return quick_digits(text, length, number.digits);
  number.decimals = length - whole - 1;
  std::uint64_t fraction = 0;
  if (length > 20 || !quick_digits(text, whole, number.digits) ||
      !quick_digits(text + whole + 1, number.decimals, fraction)) {
    return false;
  }
  number.digits = number.digits * power_of_ten[number.decimals] + fraction;
  return true;
}

}  // namespace sluice
