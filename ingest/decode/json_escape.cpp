#include "ingest/decode/json_escape.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice {
namespace {

constexpr std::uint32_t no_unit = ~std::uint32_t{0};

std::uint32_t value_of_hex(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint32_t>(digit - '0');
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : no_unit;
}

// The UTF-16 unit that \uXXXX spells.
std::uint32_t unit_at(const char* text) noexcept {
  if (text[0] != '\\' || text[1] != 'u') return no_unit;
  std::uint32_t unit = 0;
  for (int digit = 2; digit < 6; ++digit) {
    const std::uint32_t value = value_of_hex(text[digit]);
    if (value == no_unit) return no_unit;
    unit = unit << 4 | value;
  }
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >> 10 == 0xD800 >> 10; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >> 10 == 0xDC00 >> 10; }

// What a backslash and this character spell; '\0': nothing.
char character_of(char escape) noexcept {
  switch (escape) {
    case '"':
    case '\\':
    case '/':
      return escape;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

char* write_utf8(std::uint32_t character, char* to) noexcept {
  const auto write = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  const auto write_rest = [&](unsigned shift) { write(0x80 | (character >> shift & 0x3F)); };
  if (character < 0x80) {
    write(character);
  } else if (character < 0x800) {
    write(0xC0 | character >> 6);
    write_rest(0);
  } else if (character < 0x10000) {
    write(0xE0 | character >> 12);
    write_rest(6);
    write_rest(0);
  } else {
    write(0xF0 | character >> 18);
    write_rest(12);
    write_rest(6);
    write_rest(0);
  }
  return to;
}

}  // namespace

const char* skip_json_escape(const char* text) noexcept {
  if (text[1] != 'u') return character_of(text[1]) == '\0' ? nullptr : text + 2;
  const std::uint32_t unit = unit_at(text);
  if (unit == no_unit || is_low_surrogate(unit)) return nullptr;
  if (!is_high_surrogate(unit)) return text + 6;
  return is_low_surrogate(unit_at(text + 6)) ? text + 12 : nullptr;
}

char* unescape_json(std::string_view contents, char* to) noexcept {
  for (;;) {
    const std::size_t plain = contents.find('\\');
    const std::size_t length = plain == std::string_view::npos ? contents.size() : plain;
    if (length > 0) std::memcpy(to, contents.data(), length);
    to += length;
    if (plain == std::string_view::npos) return to;
    const char* const escape = contents.data() + plain;
    std::size_t taken = 2;
    if (escape[1] != 'u') {
      *to++ = character_of(escape[1]);
    } else {
      std::uint32_t character = unit_at(escape);
      taken = 6;
      if (is_high_surrogate(character)) {
        character = 0x10000 + ((character & 0x3FF) << 10) + (unit_at(escape + 6) & 0x3FF);
        taken = 12;
      }
      to = write_utf8(character, to);
    }
    contents.remove_prefix(plain + taken);
  }
}

}  // namespace sluice
