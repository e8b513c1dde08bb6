#pragma once

#include <cstdint>

#include "kernels/cuda/decode/plain_number.hpp"
#include "kernels/cuda/decode/plain_time.hpp"
#include "kernels/cuda/decode/text_hash.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// One value of an event before a column asks for a type.
struct PlainScalar {
  enum class Kind : std::uint8_t {
    null,      ///< or missing
    boolean,   ///< `number.digits` is 0 or 1
    number,    ///< read from text: at most 18 digits
    integer,   ///< of a row: any 64 bits, no decimals
    real,      ///< `number.digits` is the bits of a finite double
    text,      ///< the contents of a string
    untyped,   ///< text that a column may read as it likes
    unusable,  ///< nothing that a device judges
  };
  Kind kind = Kind::null;
  PlainNumber number;
  std::uint32_t begin = 0;  ///< of a text
  std::uint32_t length = 0;

  SLUICE_HD bool is_number() const noexcept {
    return kind == Kind::number || kind == Kind::integer;
  }
};

// The readers below give a column exactly what the host's decoder gives it, or say no: then the
// host judges the event.

/// An untyped text as a number: all of it.
SLUICE_HD inline PlainScalar number_of(const char* bytes, const PlainScalar& untyped) noexcept {
  if (untyped.kind != PlainScalar::Kind::untyped) return untyped;
  PlainScalar scalar;
  const std::uint32_t end = untyped.begin + untyped.length;
  const bool whole = read_plain_number(bytes, untyped.begin, true, scalar.number) == end;
  scalar.kind = whole ? PlainScalar::Kind::number : PlainScalar::Kind::unusable;
  return scalar;
}

/// |number| x 10^power in whole units.
struct ScaledDigits {
  std::uint64_t whole = 0;
  bool remainder = false;
  bool fits = false;  ///< `whole` is at most `most`
};

/// @param power within +-37
SLUICE_HD inline ScaledDigits scaled_digits(std::uint64_t digits, std::int32_t power,
                                            std::uint64_t most) noexcept {
  if (digits == 0) return {0, false, true};
  if (power > static_cast<std::int32_t>(most_digits)) return {};
  if (power < -static_cast<std::int32_t>(most_digits)) return {0, digits != 0, digits < ten_to(18)};
  if (power >= 0) {
    const std::uint64_t unit = ten_to(static_cast<std::uint32_t>(power));
    const bool fits = digits <= most / unit;
    return {fits ? digits * unit : 0, false, fits};
  }
  const std::uint64_t unit = ten_to(static_cast<std::uint32_t>(-power));
  return {digits / unit, digits % unit != 0, digits / unit <= most};
}

SLUICE_HD inline bool read_time(const DecodePlan& plan, const char* bytes,
                                const PlainScalar& scalar, EventTime& time) noexcept {
  if (plan.iso_time) {
    const bool is_text =
        scalar.kind == PlainScalar::Kind::text || scalar.kind == PlainScalar::Kind::untyped;
    return is_text && PlainIsoTime(bytes, scalar.begin, scalar.length).read(time);
  }
  const PlainScalar found = number_of(bytes, scalar);
  if (!found.is_number()) return false;
  const PlainNumber& number = found.number;
  const auto power = plan.time_power - static_cast<std::int32_t>(number.decimals);
  const ScaledDigits scaled =
      scaled_digits(number.digits, power, static_cast<std::uint64_t>(max_event_time) - 1);
  const auto magnitude = static_cast<EventTime>(scaled.whole);
  time = number.negative ? -magnitude - (scaled.remainder ? 1 : 0) : magnitude;
  return scaled.fits;
}

SLUICE_HD inline bool read_int64(const PlainNumber& number, std::uint64_t& bits) noexcept {
  bits = number.negative ? 0 - number.digits : number.digits;
  return number.decimals == 0 && number.digits <= static_cast<std::uint64_t>(INT64_MAX);
}

/// One column of a key.
struct KeyPart {
  enum class Kind : std::uint8_t { null, integer, boolean, text };
  Kind kind = Kind::null;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::uint64_t value = 0;
};

SLUICE_HD inline bool read_text_key(const DecodePlan& plan, const char* bytes,
                                    const PlainScalar& scalar, KeyPart& part) noexcept {
  part = {KeyPart::Kind::text, scalar.begin, scalar.length, 0};
  return scalar.length <= plan.max_key_bytes && scalar.length <= TextHash::longest &&
         is_plain_ascii(bytes, scalar.begin, scalar.length);
}

SLUICE_HD inline bool read_untyped_boolean(const char* bytes, const PlainScalar& scalar,
                                           KeyPart& part) noexcept {
  const std::uint64_t word = load_word(bytes, scalar.begin);
  const bool yes = scalar.length == 4 && first_bytes(word, 4) == 0x65757274u;     // true
  const bool no = scalar.length == 5 && first_bytes(word, 5) == 0x65'736c'6166u;  // false
  part = {KeyPart::Kind::boolean, 0, 0, yes ? 1u : 0u};
  return yes || no;
}

SLUICE_HD inline bool read_key(const DecodePlan& plan, RawKeyType type, const char* bytes,
                               const PlainScalar& scalar, KeyPart& part) noexcept {
  using Kind = PlainScalar::Kind;
  const bool any = type == RawKeyType::as_it_came;
  switch (scalar.kind) {
    case Kind::null:
      part = {};
      return true;
    case Kind::number:
    case Kind::integer:
      part = {KeyPart::Kind::integer, 0, 0, 0};
      return (any || type == RawKeyType::int64) && read_int64(scalar.number, part.value);
    case Kind::boolean:
      part = {KeyPart::Kind::boolean, 0, 0, scalar.number.digits};
      return any || type == RawKeyType::boolean;
    case Kind::text:
      return (any || type == RawKeyType::string) && read_text_key(plan, bytes, scalar, part);
    case Kind::untyped:
      if (type == RawKeyType::boolean) return read_untyped_boolean(bytes, scalar, part);
      if (type != RawKeyType::int64) return read_text_key(plan, bytes, scalar, part);
      part = {KeyPart::Kind::integer, 0, 0, 0};
      return number_of(bytes, scalar).kind == Kind::number &&
             read_int64(number_of(bytes, scalar).number, part.value);
    default:
      return false;
  }
}

/// Exact integers divided by exact powers of ten round once.
SLUICE_HD inline bool read_real(const PlainScalar& scalar, double& value) noexcept {
  value = static_cast<double>(scalar.number.digits);
  if (scalar.kind == PlainScalar::Kind::number) {
    if (scalar.number.digits > std::uint64_t{1} << 53) return false;
    value /= static_cast<double>(ten_to(scalar.number.decimals));
  }
  if (scalar.number.negative && scalar.number.digits != 0) value = -value;
  return true;
}

SLUICE_HD inline std::int64_t bits_of(double value) noexcept {
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// @param scalar not null
SLUICE_HD inline bool read_value(const DecodePlan::Value& value, const char* bytes,
                                 const PlainScalar& scalar, std::int64_t& bits) noexcept {
  if (value.type == ValueType::float64 && scalar.kind == PlainScalar::Kind::real) {
    bits = static_cast<std::int64_t>(scalar.number.digits);
    return true;
  }
  const PlainScalar found = number_of(bytes, scalar);
  if (!found.is_number()) return false;
  if (value.type == ValueType::float64) {
    double real = 0;
    const bool exact = read_real(found, real);
    bits = bits_of(real);
    return exact;
  }
  PlainNumber number = found.number;
  if (value.type == ValueType::decimal) {
    const auto power =
        static_cast<std::int32_t>(value.scale) - static_cast<std::int32_t>(number.decimals);
    const ScaledDigits scaled = scaled_digits(number.digits, power, INT64_MAX);
    if (!scaled.fits || scaled.remainder) return false;
    number = {scaled.whole, 0, number.negative};
  }
  std::uint64_t whole = 0;
  const bool fits = read_int64(number, whole);
  bits = static_cast<std::int64_t>(whole);
  return fits;
}

}  // namespace sluice::cuda
