#include "ingest/decode/number.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace sluice {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Far beyond every exponent that matters, and far from overflowing.
constexpr std::int64_t exponent_limit = std::int64_t{1} << 29;

// Takes the first 19 significant digits of a number, and what the others leave of them.
class Significand {
 public:
  void take(char digit, bool after_point) {
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (count_ < 19) {
      digits_ = digits_ * 10 + value;
      count_ += digits_ != 0;
      exponent_ -= after_point;
    } else {
      truncated_ |= value != 0;
      exponent_ += !after_point;
    }
  }

  void write(Scalar& number, std::int64_t exponent) const {
    number.digits = digits_;
    number.truncated = truncated_;
    number.exponent = static_cast<std::int32_t>(
        std::clamp(exponent_ + exponent, -exponent_limit, exponent_limit));
  }

 private:
  std::uint64_t digits_ = 0;
  std::int64_t exponent_ = 0;
  int count_ = 0;
  bool truncated_ = false;
};

// The exponent after `e` at `position`, if there is one; moves past it.
std::int64_t take_exponent(std::string_view text, std::size_t& position) {
  std::size_t next = position + 1;
  const bool negative = next < text.size() && text[next] == '-';
  next += negative || (next < text.size() && text[next] == '+');
  if (next == text.size() || !is_digit(text[next])) return 0;
  std::int64_t exponent = 0;
  for (; next < text.size() && is_digit(text[next]); ++next) {
    exponent = std::min(exponent * 10 + (text[next] - '0'), std::int64_t{1} << 40);
  }
  position = next;
  return negative ? -exponent : exponent;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                                : character;
  });
}

Scalar float64_scalar(double value) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::float64;
  scalar.digits = std::bit_cast<std::uint64_t>(value);
  return scalar;
}

Scalar special_number(const Scalar& untyped) {
  std::string_view name = untyped.view();
  const bool negative = !name.empty() && name.front() == '-';
  if (negative) name.remove_prefix(1);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (equals_ignoring_case(name, "nan")) {
    return float64_scalar(std::numeric_limits<double>::quiet_NaN());
  }
  if (equals_ignoring_case(name, "inf") || equals_ignoring_case(name, "infinity")) {
    return float64_scalar(negative ? -infinity : infinity);
  }
  Scalar text = untyped;
  text.kind = Scalar::Kind::string;
  return text;
}

Converted<double> nearest_double(const Scalar& number) {
  if (number.digits == 0 && !number.truncated) return {};
  if (!number.truncated) {
    double magnitude = 0;
    if (exact_double(number.digits, number.exponent, magnitude)) {
      return {number.negative ? -magnitude : magnitude, {}};
    }
  }
  if (number.text == nullptr) {
    const auto magnitude = static_cast<double>(number.digits);
    return {number.negative ? -magnitude : magnitude, {}};
  }
  double value = 0;
  const auto [end, error] =
      std::from_chars(number.text, number.text + number.length, value, std::chars_format::general);
  if (error == std::errc::result_out_of_range) {
    if (number.exponent > 0) return {0, Malformed::out_of_range};
    return {};
  }
  return {value == 0 ? 0.0 : value, {}};
}

}  // namespace

std::size_t scan_number(std::string_view text, Scalar& number) noexcept {
  std::size_t position = 0;
  const bool negative = !text.empty() && text.front() == '-';
  position += negative;
  const std::size_t first = position;
  Significand significand;
  for (; position < text.size() && is_digit(text[position]); ++position) {
    significand.take(text[position], false);
  }
  if (position == first) return 0;

  Scalar::Kind kind = Scalar::Kind::integer;
  if (position + 1 < text.size() && text[position] == '.' && is_digit(text[position + 1])) {
    kind = Scalar::Kind::number;
    for (++position; position < text.size() && is_digit(text[position]); ++position) {
      significand.take(text[position], true);
    }
  }
  std::int64_t exponent = 0;
  if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
    const std::size_t before = position;
    exponent = take_exponent(text, position);
    if (position != before) kind = Scalar::Kind::number;
  }
  number = Scalar{};
  number.kind = kind;
  number.negative = negative;
  number.text = text.data();
  number.length = static_cast<std::uint32_t>(position);
  significand.write(number, exponent);
  return position;
}

const char* scan_json_number(std::string_view text, Scalar& number) noexcept {
  const std::size_t length = scan_number(text, number);
  if (length == 0) return nullptr;
  const std::string_view digits = text.substr(number.negative, length - number.negative);
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return nullptr;
  if (number.kind == Scalar::Kind::integer) {
    const std::string_view most = number.negative ? "9223372036854775808" : "18446744073709551615";
    if (digits.size() > most.size() || (digits.size() == most.size() && digits > most)) {
      return nullptr;
    }
  } else if (number.exponent > max_safe_exponent) {
    return nullptr;
  }
  return text.data() + length;
}

Scalar number_of(const Scalar& untyped) noexcept {
  Scalar number;
  const std::string_view text = untyped.view();
  if (untyped.padded && scan_plain_number(text.data(), number) == text.data() + text.size()) {
    return number;
  }
  if (!text.empty() && scan_number(text, number) == text.size()) return number;
  return special_number(untyped);
}

Converted<double> to_double(const Scalar& number, bool allow_non_finite) noexcept {
  if (number.kind == Scalar::Kind::integer || number.kind == Scalar::Kind::number) {
    return nearest_double(number);
  }
  if (number.kind != Scalar::Kind::float64) return {0, Malformed::bad_value};
  const auto value = std::bit_cast<double>(number.digits);
  if (!std::isfinite(value) && !allow_non_finite) return {0, Malformed::non_finite};
  return {value == 0 ? 0.0 : value, {}};
}

Scalar shortest_number(const Scalar& number) noexcept {
  if (number.kind != Scalar::Kind::float64) return number;
  const auto value = std::bit_cast<double>(number.digits);
  std::array<char, 32> text;
  char* const begin = text.data();
  char* const limit = begin + text.size();
  const auto [end, error] =
      number.single_precision
          ? std::to_chars(begin, limit, static_cast<float>(value), std::chars_format::scientific)
          : std::to_chars(begin, limit, value, std::chars_format::scientific);
  assert(error == std::errc{});
  Scalar shortest;
  scan_number({begin, end}, shortest);
  shortest.text = nullptr;
  shortest.length = 0;
  return shortest;
}

}  // namespace sluice
