#pragma once

#include <boost/multiprecision/cpp_int.hpp>

namespace sluice {

/// Wide enough for n * sum of squares and 10^36.
using WideInteger = boost::multiprecision::int512_t;

/// numerator / denominator rounded once to the nearest double. @param denominator > 0.
double exact_ratio(WideInteger numerator, WideInteger denominator);

}  // namespace sluice
