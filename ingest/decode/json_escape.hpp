#pragma once

#include <string_view>

namespace sluice {

/// @param text at a backslash inside a JSON string; 12 bytes can be read. @returns behind the
/// escape; nullptr: none that every parser of JSON accepts (of surrogates, a pair is one).
const char* skip_json_escape(const char* text) noexcept;

/// Writes what the contents of a string spell, whose escapes skip_json_escape accepts: as many
/// bytes as they have, or fewer. @returns behind the last.
char* unescape_json(std::string_view contents, char* to) noexcept;

}  // namespace sluice
