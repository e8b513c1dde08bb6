#include "tests/support/exact_ratio.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::oracle {

Natural::Natural(unsigned __int128 value) {
  for (; value != 0; value >>= 32) {
    digits_.push_back(static_cast<std::uint32_t>(value));
  }
}

void Natural::drop_leading_zeros() {
  while (!digits_.empty() && digits_.back() == 0) {
    digits_.pop_back();
  }
}

std::size_t Natural::bit_length() const {
  return is_zero()
             ? 0
             : 32 * (digits_.size() - 1) + static_cast<std::size_t>(std::bit_width(digits_.back()));
}

Natural Natural::operator+(const Natural& other) const {
  Natural result;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(digits_.size(), other.digits_.size()) || carry != 0; ++i) {
    carry += i < digits_.size() ? digits_[i] : 0U;
    carry += i < other.digits_.size() ? other.digits_[i] : 0U;
    result.digits_.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  return result;
}

Natural Natural::operator-(const Natural& other) const {
  Natural result;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < digits_.size(); ++i) {
    borrow += digits_[i];
    borrow -= i < other.digits_.size() ? other.digits_[i] : 0U;
    result.digits_.push_back(static_cast<std::uint32_t>(borrow));
    borrow >>= 32;
  }
  result.drop_leading_zeros();
  return result;
}

Natural Natural::operator*(const Natural& other) const {
  Natural result;
  result.digits_.resize(digits_.size() + other.digits_.size());
  for (std::size_t i = 0; i < digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < other.digits_.size(); ++j) {
      carry += std::uint64_t{digits_[i]} * other.digits_[j] + result.digits_[i + j];
      result.digits_[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    result.digits_[i + other.digits_.size()] = static_cast<std::uint32_t>(carry);
  }
  result.drop_leading_zeros();
  return result;
}

Natural Natural::operator<<(std::size_t bits) const {
  Natural result = *this * Natural(std::uint32_t{1} << bits % 32);
  if (!result.is_zero()) {
    result.digits_.insert(result.digits_.begin(), bits / 32, 0);
  }
  return result;
}

std::strong_ordering Natural::operator<=>(const Natural& other) const {
  if (digits_.size() != other.digits_.size()) {
    return digits_.size() <=> other.digits_.size();
  }
  return std::lexicographical_compare_three_way(digits_.rbegin(), digits_.rend(),
                                                other.digits_.rbegin(), other.digits_.rend());
}

double nearest_double(const Natural& numerator, const Natural& denominator) {
  if (numerator.is_zero()) {
    return 0.0;
  }
  // Scaled so that the quotient has 66 or 67 bits: with the remainder folded into the last one,
  // converting it rounds exactly once.
  constexpr int quotient_bits = 66;
  const int scale = quotient_bits + static_cast<int>(denominator.bit_length()) -
                    static_cast<int>(numerator.bit_length());
  Natural rest = scale > 0 ? numerator << static_cast<std::size_t>(scale) : numerator;
  const Natural divisor = scale < 0 ? denominator << static_cast<std::size_t>(-scale) : denominator;
  unsigned __int128 quotient = 0;
  for (int bit = quotient_bits; bit >= 0; --bit) {
    const Natural part = divisor << static_cast<std::size_t>(bit);
    if (part <= rest) {
      rest = rest - part;
      quotient |= static_cast<unsigned __int128>(1) << bit;
    }
  }
  quotient |= rest.is_zero() ? 0U : 1U;
  return std::ldexp(static_cast<double>(quotient), -scale);
}

}  // namespace sluice::oracle
