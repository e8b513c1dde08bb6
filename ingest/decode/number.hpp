#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "ingest/decode/digits.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// Reads `-?digits[.digits][(e|E)[+-]digits]` at the start of `text`: leading zeros are allowed,
/// any length and any exponent. @returns how many characters it took; 0: not a number.
std::size_t scan_number(std::string_view text, Scalar& number) noexcept;

/// Reads a JSON number of any length at the start of `text` that every parser of JSON accepts.
/// @returns its end; nullptr: none, an integer beyond 64 bits, or what may be beyond a double.
const char* scan_json_number(std::string_view text, Scalar& number) noexcept;

/// An untyped text as a number: all of it must be one, or "nan", "inf", "infinity" in any case,
/// with or without a minus sign. Anything else stays a string.
Scalar number_of(const Scalar& untyped) noexcept;

/// The integer that an integer literal spells.
inline Converted<std::int64_t> to_int64(const Scalar& number) noexcept {
  if (number.kind != Scalar::Kind::integer) return {0, Malformed::bad_value};
  const std::uint64_t limit = (std::uint64_t{1} << 63) - !number.negative;
  if (number.exponent != 0 || number.digits > limit) return {0, Malformed::out_of_range};
  return {static_cast<std::int64_t>(number.negative ? 0 - number.digits : number.digits), {}};
}

// 10^0 to 10^22 are exact, so that one multiplication or division of an exact integer rounds once
// (Clinger, "How to read floating point numbers accurately", 1990).
inline constexpr double exact_power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// The double nearest to digits * 10^exponent, where that takes one rounding. @returns whether.
inline bool exact_double(std::uint64_t digits, int exponent, double& value) noexcept {
  if (digits > std::uint64_t{1} << 53 || exponent < -22 || exponent > 22) return false;
  const auto whole = static_cast<double>(digits);
  value =
      exponent < 0 ? whole / exact_power_of_ten[-exponent] : whole * exact_power_of_ten[exponent];
  return true;
}

/// The nearest double; -0 becomes 0. Too large is out_of_range; NaN and infinities are non_finite
/// unless they are allowed.
Converted<double> to_double(const Scalar& number, bool allow_non_finite) noexcept;

/// A finite float64 as the shortest decimal number that reads back as the same double (or float32,
/// where it was one), as writers of JSON print it; any other scalar as it is.
Scalar shortest_number(const Scalar& number) noexcept;

/// |number| * 10^shift in its integer part and whether anything is left.
struct ScaledNumber {
  std::uint64_t integer = 0;
  bool remainder = false;
  bool overflow = false;  ///< the integer part is 2^64 or more
};
inline ScaledNumber scaled(const Scalar& number, int shift) noexcept {
  if (number.digits == 0) return {};
  const int power = number.exponent + shift;
  if (power == 0) return {number.digits, number.truncated, false};
  if (power > max_power_of_ten) return {0, false, true};
  if (power < -max_power_of_ten) return {0, true, false};
  if (power < 0) {
    const std::uint64_t unit = power_of_ten[-power];
    return {number.digits / unit, number.truncated || number.digits % unit != 0, false};
  }
  const std::uint64_t factor = power_of_ten[power];
  if (number.digits > std::numeric_limits<std::uint64_t>::max() / factor) return {0, false, true};
  return {number.digits * factor, number.truncated, false};
}

/// Reads an exponent of at most three digits, which begins with its `e`, and adds it to `exponent`.
/// @returns its end, or nullptr: any other text.
inline const char* append_exponent(const char* text, std::int32_t& exponent) noexcept {
  const bool negative = text[1] == '-';
  const char* const first = text + 1 + (negative || text[1] == '+');
  std::uint64_t digits = 0;
  const char* const end = append_digits(first, digits);
  if (end == first || end - first > 3) return nullptr;
  exponent += negative ? -static_cast<std::int32_t>(digits) : static_cast<std::int32_t>(digits);
  return end;
}

/// Of numbers of up to 19 digits, those with a larger exponent may be beyond a double.
inline constexpr std::int32_t max_safe_exponent = 308 - 19;

/// Reads a JSON number that has at most 19 digits and three in its exponent, and that every parser
/// of JSON accepts. Reads at most 60 bytes. @returns its end, or nullptr: any other text.
inline const char* scan_plain_number(const char* text, Scalar& number) noexcept {
  const char* const begin = text;
  const bool negative = *text == '-';
  text += negative;
  const char* const first = text;
  std::uint64_t digits = 0;
  text = append_digits(first, digits);
  auto count = text - first;
  if (count == 0 || (*first == '0' && count > 1)) return nullptr;

  std::int32_t exponent = 0;
  Scalar::Kind kind = Scalar::Kind::integer;
  if (*text == '.') {
    const char* const fraction = text + 1;
    text = append_digits(fraction, digits);
    if (text == fraction) return nullptr;
    exponent = static_cast<std::int32_t>(fraction - text);
    count += text - fraction;
    kind = Scalar::Kind::number;
  }
  if (count > 19) return nullptr;
  if (*text == 'e' || *text == 'E') [[unlikely]] {
    text = append_exponent(text, exponent);
    if (text == nullptr || exponent > max_safe_exponent) return nullptr;
    kind = Scalar::Kind::number;
  }
  if (kind == Scalar::Kind::integer && negative && digits > std::uint64_t{1} << 63) return nullptr;

  number.text = begin;
  number.digits = digits;
  number.exponent = exponent;
  number.length = static_cast<std::uint32_t>(text - begin);
  number.kind = kind;
  number.negative = negative;
  number.truncated = false;
  return text;
}

}  // namespace sluice
