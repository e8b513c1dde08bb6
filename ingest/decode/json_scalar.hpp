#pragma once

#include "ingest/decode/scalar.hpp"

namespace sluice {

/// Reads a scalar value that is all of [text, end), where that starts with a quote exactly if it is
/// a whole string without escapes or control characters, and of valid UTF-8. Reads up to 64 bytes
/// past `end`. @returns false: it is no scalar that every parser of JSON accepts, or a number that
/// has an exponent or more than 19 digits.
bool scan_json_scalar(const char* text, const char* end, Scalar& scalar) noexcept;

}  // namespace sluice
