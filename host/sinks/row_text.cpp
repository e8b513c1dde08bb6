#include "host/sinks/row_text.hpp"

#include <charconv>
#include <cmath>

namespace sluice {
namespace {

template <class Number>
void append_chars(std::string& out, Number number) {
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

void append_decimal(std::string& out, std::int64_t scaled, unsigned scale) {
  char digits[24];
  const std::uint64_t magnitude =
      scaled < 0 ? ~static_cast<std::uint64_t>(scaled) + 1 : static_cast<std::uint64_t>(scaled);
  const auto end = std::to_chars(digits, digits + sizeof digits, magnitude).ptr;
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  if (scaled < 0) out += '-';
  if (text.size() > scale) {
    out += text.substr(0, text.size() - scale);
    text.remove_prefix(text.size() - scale);
  } else {
    out += '0';
  }
  if (scale == 0) return;
  out += '.';
  out.append(scale - text.size(), '0');
  out += text;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out += '"';
}

void append_number(std::string& out, const ResultValue& value) {
  switch (value.kind) {
    case ResultValue::Kind::integer:
      append_chars(out, value.integer);
      break;
    case ResultValue::Kind::decimal:
      append_decimal(out, value.integer, value.scale);
      break;
    case ResultValue::Kind::real:
      append_chars(out, value.real);
      break;
    case ResultValue::Kind::null:
      break;
  }
}

void append_json_value(std::string& out, const ResultValue& value) {
  if (value.kind == ResultValue::Kind::null) {
    out += "null";
  } else if (value.kind == ResultValue::Kind::real && !std::isfinite(value.real)) {
    out += std::isnan(value.real) ? "\"NaN\"" : value.real > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    append_number(out, value);
  }
}

void append_json_scalar(std::string& out, const KeyScalar& scalar) {
  if (const auto* text = std::get_if<std::string_view>(&scalar)) {
    append_json_string(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
    append_chars(out, *integer);
  } else if (const auto* flag = std::get_if<bool>(&scalar)) {
    out += *flag ? "true" : "false";
  } else {
    out += "null";
  }
}

}  // namespace sluice
