#include "host/engine/exact_ratio.hpp"

#include <cmath>
#include <cstdint>

namespace sluice {

double exact_ratio(WideInteger numerator, WideInteger denominator) {
  if (numerator == 0) return 0;
  const bool negative = numerator < 0;
  if (negative) numerator = -numerator;
  // A quotient of 64 or 65 bits whose last bit also says whether anything was cut off: converting
  // it to a double then rounds as the exact ratio would.
  const int shift = 64 - (static_cast<int>(msb(numerator)) - static_cast<int>(msb(denominator)));
  if (shift > 0) {
    numerator <<= shift;
  } else {
    denominator <<= -shift;
  }
  WideInteger quotient;
  WideInteger remainder;
  divide_qr(numerator, denominator, quotient, remainder);
  bool inexact = remainder != 0;
  int exponent = -shift;
  while (msb(quotient) > 63) {
    inexact = inexact || (quotient & 1) != 0;
    quotient >>= 1;
    ++exponent;
  }
  const auto digits = static_cast<std::uint64_t>(quotient) | (inexact ? 1u : 0u);
  const double value = std::ldexp(static_cast<double>(digits), exponent);
  return negative ? -value : value;
}

}  // namespace sluice
