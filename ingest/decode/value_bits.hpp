#pragma once

#include <cstdint>

#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// A present, typed scalar as what a value column of `value.type` holds: an int64, a decimal's
/// scaled int64 or the bits of a double.
Converted<std::int64_t> to_value_bits(const Scalar& scalar, const ValueField& value,
                                      bool allow_non_finite) noexcept;

}  // namespace sluice
