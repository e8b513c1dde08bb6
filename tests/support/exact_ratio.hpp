#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::oracle {

/// A natural number of any size: what an exact variance needs, and no more than that.
class Natural {
 public:
  Natural() = default;
  explicit Natural(unsigned __int128 value);

  bool is_zero() const { return digits_.empty(); }
  std::size_t bit_length() const;

  Natural operator+(const Natural& other) const;
  Natural operator-(const Natural& other) const;  ///< other <= *this
  Natural operator*(const Natural& other) const;
  Natural operator<<(std::size_t bits) const;
  std::strong_ordering operator<=>(const Natural& other) const;
  bool operator==(const Natural& other) const = default;

 private:
  void drop_leading_zeros();

  std::vector<std::uint32_t> digits_;  // base 2^32, least significant first, no leading zero
};

/// The double nearest to numerator / denominator, ties to even: one rounding.
/// @param denominator not zero.
double nearest_double(const Natural& numerator, const Natural& denominator);

}  // namespace sluice::oracle
