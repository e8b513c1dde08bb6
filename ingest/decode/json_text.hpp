#pragma once

namespace sluice {

// Steps over pieces of a JSON text that a parser has accepted: nothing is checked, and the text ends
// with a bracket after everything that is stepped over.

inline const char* skip_json_space(const char* text) noexcept {
  while (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t') ++text;
  return text;
}

/// @param text at the opening quote. @returns behind the closing quote.
inline const char* skip_json_string(const char* text) noexcept {
  for (++text; *text != '"'; ++text) text += *text == '\\';
  return text + 1;
}

/// @param text at the first character of a number, true, false or null. @returns behind the last.
inline const char* skip_json_word(const char* text) noexcept {
  while (*text != ',' && *text != ']' && *text != '}' && *text != ':' && *text > ' ') ++text;
  return text;
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
