#pragma once

#include <cstdint>

#include "ingest/decode/scalar.hpp"

namespace sluice {

/// A number as an exact multiple of 10^-scale: 1.5, 1.500, 15e-1 at scale 2 are 150; 1.005 is
/// too_precise, and beyond int64 is out_of_range. A double stands for its shortest decimal form.
Converted<std::int64_t> to_decimal(const Scalar& number, unsigned scale) noexcept;

}  // namespace sluice
