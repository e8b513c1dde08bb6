#pragma once

#include <cstdint>

#include "kernels/hd.hpp"

namespace sluice::cuda {

/// An exact number of a filter.
__extension__ using FilterNumber = __int128;

/// The double nearest to a number: ties to even, as hardware converts 64 bits.
SLUICE_HD inline double nearest_double(FilterNumber number) noexcept {
  __extension__ using Magnitude = unsigned __int128;
  const bool negative = number < 0;
  Magnitude magnitude = static_cast<Magnitude>(number);
  if (negative) magnitude = 0 - magnitude;
  double scale = 1;
  // What is shifted out leaves a mark in the last bit, far below where the double ends.
  while (magnitude >> 64 != 0) {
    magnitude = magnitude >> 1 | (magnitude & 1u);
    scale *= 2;
  }
  const double value = static_cast<double>(static_cast<std::uint64_t>(magnitude)) * scale;
  return negative ? -value : value;
}

}  // namespace sluice::cuda
