#pragma once

#include <cstdint>

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {

// Steps over pieces of a JSON text that a parser has accepted: nothing is checked, the text ends
// with a bracket after everything that is stepped over, and has 64 readable bytes behind it.

inline const char* skip_json_space(const char* text) noexcept {
  while (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t') ++text;
  return text;
}

/// @param text at the opening quote. @returns behind the closing quote.
inline const char* skip_json_string(const char* text) noexcept {
  for (++text;;) {
    const std::uint64_t word = load_eight(text);
    const std::uint64_t stop = bytes_equal(word, '"') | bytes_equal(word, '\\');
    if (stop == 0) {
      text += 8;
      continue;
    }
    text += first_byte(stop);
    if (*text == '"') return text + 1;
    text += 2;
  }
}

/// @param text at the first character of a number, true, false or null. @returns behind the last.
inline const char* skip_json_word(const char* text) noexcept {
  for (;; text += 8) {
    const std::uint64_t word = load_eight(text);
    const std::uint64_t stop = bytes_below(word, ' ' + 1) | bytes_equal(word, ',') |
                               bytes_equal(word, ']') | bytes_equal(word, '}');
    if (stop != 0) return text + first_byte(stop);
  }
}

/// @param text at the first character of any value. @returns behind the last.
inline const char* skip_json_value(const char* text) noexcept {
  if (*text == '"') return skip_json_string(text);
  if (*text != '{' && *text != '[') return skip_json_word(text);
  unsigned depth = 0;
  do {
    if (*text == '"') {
      text = skip_json_string(text);
      continue;
    }
    depth += *text == '{' || *text == '[';
    depth -= *text == '}' || *text == ']';
    ++text;
  } while (depth > 0);
  return text;
}

}  // namespace sluice
