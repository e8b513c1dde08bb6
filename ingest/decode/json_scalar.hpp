#pragma once

#include <cstddef>

#include "ingest/decode/scalar.hpp"

namespace sluice {

// Scalars of JSON that are all of a text. Up to 64 bytes past its end are read.

/// Reads true, false, null or a number. @returns false: it is none that every parser of JSON
/// accepts.
bool scan_json_word(const char* text, const char* end, Scalar& scalar) noexcept;

/// The same, or a string: what starts with a quote is a whole one, of valid UTF-8, whose escapes
/// skip_json_escape accepts.
/// @param unescaped where what the string spells is written if it has escapes, which needs as much
/// room as the string; is moved behind that.
bool scan_json_scalar(const char* text, const char* end, char*& unescaped, Scalar& scalar) noexcept;

/// Whether a string has escapes.
bool has_json_escape(const char* text, std::size_t length) noexcept;

}  // namespace sluice
