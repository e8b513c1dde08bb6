#include "tests/system/support/event_text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace sluice::system_test {
namespace {

using oracle::Event;
using oracle::EventKind;
using oracle::KeyPart;
using oracle::Value;
using oracle::ValueType;

constexpr std::size_t text_bytes = 24;  // of a key column in a binary row
constexpr std::int64_t exact_in_a_double = 1'000'000'000'000'000;

/// Spreads the ways of writing over the events.
std::uint64_t turn(const Event& event, std::uint64_t ways) { return event.offset * 7 / 3 % ways; }

std::string double_text(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

/// 1969-12-31T23:59:59.999Z, in the whole range that four digits of a year have.
std::string iso_text(std::int64_t time) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds(time)};
  const auto day = floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  char text[80];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%03ldZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()),
      static_cast<long>(clock.seconds().count()), static_cast<long>(clock.subseconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::string json_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string csv_string(const std::string& text) {
  if (!text.empty() && text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

/// A key column as text, for encodings that cannot tell a number from it.
std::string plain_text(const KeyPart& part) {
  if (const auto* flag = std::get_if<bool>(&part)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&part)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&part)) return *text;
  return "";
}

std::string json_scalar(const KeyPart& part) {
  if (std::holds_alternative<std::monostate>(part)) return "null";
  if (const auto* text = std::get_if<std::string>(&part)) return json_string(*text);
  return plain_text(part);
}

/// Some of the texts get what formats have to escape.
KeyPart decorated(const KeyPart& part) {
  const auto* text = std::get_if<std::string>(&part);
  if (text == nullptr || !text->starts_with('k')) return part;
  switch (text->back()) {
    case '1':
      return *text + ",\"x\"";
    case '2':
      return *text + " \xC3\xBC\n;";
    case '3':
      return *text + "\\";
    default:
      return part;
  }
}

const char* type_name(ValueType type) {
  switch (type) {
    case ValueType::int64:
      return "int64";
    case ValueType::real:
      return "double";
    case ValueType::decimal:
      break;
  }
  return "decimal";
}

std::string key_name(std::size_t column) { return "k" + std::to_string(column); }
std::string value_name(std::size_t column) { return "v" + std::to_string(column); }

}  // namespace

std::string decimal_text(std::int64_t scaled, int scale) {
  std::string digits = std::to_string(scaled);
  std::string sign;
  if (scaled < 0) {
    sign = "-";
    digits.erase(0, 1);
  }
  if (scale == 0) return sign + digits;
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  return sign + digits;
}

EventText::EventText(oracle::Job job, Encoding encoding, const std::vector<Event>& sample,
                     bool big_endian)
    : job_(std::move(job)), encoding_(encoding), big_endian_(big_endian) {
  const std::size_t columns = sample.empty() ? 0 : sample.front().key.size();
  for (std::size_t column = 0; column < columns; ++column) {
    keys_.push_back(kind_of(column, sample));
  }
}

EventText::KeyKind EventText::kind_of(std::size_t column, const std::vector<Event>& sample) const {
  const auto all = [&](auto fits) {
    return std::all_of(sample.begin(), sample.end(),
                       [&](const Event& event) { return fits(event.key[column]); });
  };
  if (all([](const KeyPart& part) { return std::holds_alternative<std::int64_t>(part); })) {
    return KeyKind::integer;
  }
  if (all([](const KeyPart& part) { return std::holds_alternative<bool>(part); })) {
    return KeyKind::boolean;
  }
  return encoding_ == Encoding::json ? KeyKind::mixed : KeyKind::text;
}

Event EventText::carried(Event event) const {
  for (std::size_t column = 0; column < keys_.size(); ++column) {
    KeyPart& part = event.key[column];
    part = decorated(part);
    const bool null = std::holds_alternative<std::monostate>(part);
    if (keys_[column] == KeyKind::text && !(null && encoding_ == Encoding::csv)) {
      part = plain_text(part);
    }
  }
  if (encoding_ != Encoding::binary) return event;
  for (std::size_t column = 0; column < job_.columns.size(); ++column) {
    std::optional<Value>& value = event.values[column];
    const ValueType type = job_.columns[column].type;
    if (!value) value = type == ValueType::real ? Value(0.0) : Value(std::int64_t{0});
    if (type != ValueType::decimal) continue;
    auto& scaled = std::get<std::int64_t>(*value);
    if (scaled >= exact_in_a_double || scaled <= -exact_in_a_double) scaled %= 1'000'000'000;
  }
  return event;
}

std::string EventText::format_yaml(bool csv_header) const {
  const bool nested = encoding_ == Encoding::json;
  const char* const units[] = {"ms", "iso8601", "us"};
  const char* const types[] = {"json", "csv", "binary"};
  const auto which = static_cast<std::size_t>(encoding_);
  std::string yaml = std::string("format:\n  type: ") + types[which] +
                     "\n  event_time: {field: t, unit: " + units[which] + "}\n  key:\n";
  std::string columns = "t";
  std::string layout = "{name: t, type: int64}, {pad: 3}";
  for (std::size_t column = 0; column < keys_.size(); ++column) {
    const std::string name = key_name(column);
    const KeyKind kind = keys_[column];
    yaml += "    - {field: " + std::string(nested ? "who." : "") + name + ", as: " + name;
    if (kind == KeyKind::integer) yaml += ", type: int64";
    if (kind == KeyKind::boolean) yaml += ", type: boolean";
    yaml += "}\n";
    columns += ", " + name;
    layout += ", {name: " + name + ", type: " +
              (kind == KeyKind::integer   ? "int64"
               : kind == KeyKind::boolean ? "boolean"
                                          : "char(" + std::to_string(text_bytes) + ")") +
              "}";
  }
  yaml += "  values:\n";
  for (std::size_t column = 0; column < job_.columns.size(); ++column) {
    const std::string name = value_name(column);
    const oracle::Column& type = job_.columns[column];
    yaml += "    " + name + ": {field: " + (nested ? "what." : "") + name +
            ", type: " + type_name(type.type) +
            (type.type == ValueType::decimal ? "(" + std::to_string(type.scale) + ")" : "") +
            (type.required ? ", required: true" : "") + "}\n";
    columns += ", " + name;
    layout += ", {name: " + name +
              ", type: " + (type.type == ValueType::int64 ? "int64" : "float64") + "}";
  }
  if (encoding_ == Encoding::csv && !csv_header) yaml += "  csv: {columns: [" + columns + "]}\n";
  if (encoding_ == Encoding::binary) {
    yaml += std::string("  binary: {endian: ") + (big_endian_ ? "big" : "little") + ", layout: [" +
            layout + "]}\n";
  }
  return yaml;
}

std::string EventText::header() const {
  std::string line = "t";
  for (std::size_t column = 0; column < keys_.size(); ++column) line += "," + key_name(column);
  for (std::size_t column = 0; column < job_.columns.size(); ++column) {
    line += "," + value_name(column);
  }
  return line + "\n";
}

std::string EventText::text_of(const Event& event) const {
  const bool malformed = event.kind == EventKind::malformed;
  switch (encoding_) {
    case Encoding::json:
      return malformed ? malformed_json(event) : json(event);
    case Encoding::csv:
      return malformed ? malformed_csv(event) : csv(event);
    case Encoding::binary:
      break;
  }
  return malformed ? malformed_binary(event) : binary(event);
}

std::string EventText::value_text(std::size_t column, const Value& value) const {
  if (const auto* number = std::get_if<double>(&value)) return double_text(*number);
  const oracle::Column& type = job_.columns[column];
  return decimal_text(std::get<std::int64_t>(value),
                      type.type == ValueType::decimal ? type.scale : 0);
}

std::string EventText::json(const Event& event) const {
  const bool spelled = turn(event, 2) == 0;  // nulls
  const auto members = [&](std::size_t count, const auto& scalar_of) {
    std::string object = "{";
    for (std::size_t column = 0; column < count; ++column) {
      const auto [name, scalar] = scalar_of(column);
      if (scalar == "null" && !spelled) continue;
      if (object.size() > 1) object += spelled ? ", " : ",";
      object += "\"" + name + "\":" + scalar;
    }
    return object + "}";
  };
  const std::string time = "\"t\":" + std::to_string(event.time);
  const std::string who = "\"who\":" + members(keys_.size(), [&](std::size_t column) {
                            return std::pair(key_name(column), json_scalar(event.key[column]));
                          });
  const std::string what = "\"what\":" + members(job_.columns.size(), [&](std::size_t column) {
                             const auto& value = event.values[column];
                             return std::pair(value_name(column), value ? value_text(column, *value)
                                                                        : std::string("null"));
                           });
  switch (turn(event, 5)) {
    case 0:
      return "{" + time + "," + who + "," + what + "}";
    case 1:
      return "{" + what + "," + time + "," + who + ",\"other\":[1,{\"t\":2}]}";
    case 2:
      return "{\"t\":17," + who + "," + what + "," + time + "}";  // the last one wins
    case 3:
      return "  { \"id\" : \"a\\u0062c\" , " + who + " , " + time + " , " + what + " } ";
    default:
      return "{\"ts\":5," + who + ",\"\\u0074\":" + std::to_string(event.time) + "," + what + "}";
  }
}

std::string EventText::malformed_json(const Event& event) const {
  const std::string good = json(event);
  switch (turn(event, 8)) {
    case 0:
      return good.substr(0, good.size() / 2);
    case 1:
      return "no document at all";
    case 2:
      return "{\"who\":{},\"what\":{}}";
    case 3:
      return "{\"t\":\"" + std::to_string(event.time) + "\"}";
    case 4:
      return "{\"t\":1,\"what\":{\"v0\":\"12\"}}";
    case 5:
      return "{\"t\":1,\"who\":{\"k0\":{\"a\":1}}}";
    case 6:
      return good + good;
    default:
      return "{\"t\":1,\"who\":{\"k0\":\"\xFF\"}}";
  }
}

std::string EventText::csv(const Event& event) const {
  std::string line = iso_text(event.time);
  for (std::size_t column = 0; column < keys_.size(); ++column) {
    const KeyPart& part = event.key[column];
    const auto* text = std::get_if<std::string>(&part);
    line += "," + (text != nullptr ? csv_string(*text) : plain_text(part));
  }
  for (std::size_t column = 0; column < job_.columns.size(); ++column) {
    const auto& value = event.values[column];
    line += "," + (value ? value_text(column, *value) : std::string());
  }
  return line;
}

std::string EventText::malformed_csv(const Event& event) const {
  const std::string good = csv(event);
  switch (turn(event, 4)) {
    case 0:
      return "2023-11-14T22:13:20Z";  // too few fields
    case 1:
      return "yesterday" + good.substr(good.find(','));
    case 2:
      return good.substr(0, good.rfind(',')) + ",much";
    default:
      return "2023-11-14T22:13:60Z" + good.substr(good.find(','));
  }
}

void EventText::append_number(std::string& row, std::uint64_t bits) const {
  for (int byte = 0; byte < 8; ++byte) {
    const int shift = 8 * (big_endian_ ? 7 - byte : byte);
    row += static_cast<char>(bits >> shift & 0xFF);
  }
}

void EventText::append_key(std::string& row, std::size_t column, const KeyPart& part) const {
  switch (keys_[column]) {
    case KeyKind::integer:
      append_number(row, static_cast<std::uint64_t>(std::get<std::int64_t>(part)));
      return;
    case KeyKind::boolean:
      row += std::get<bool>(part) ? '\1' : '\0';
      return;
    case KeyKind::text:
    case KeyKind::mixed:
      break;
  }
  std::string text = plain_text(part);
  text.resize(text_bytes, '\0');
  row += text;
}

void EventText::append_value(std::string& row, std::size_t column,
                             const std::optional<Value>& value) const {
  if (job_.columns[column].type == ValueType::int64) {
    append_number(row, static_cast<std::uint64_t>(std::get<std::int64_t>(*value)));
    return;
  }
  const std::string text = value_text(column, *value);
  append_number(row, std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)));
}

std::string EventText::binary(const Event& event) const {
  std::string row;
  append_number(row, static_cast<std::uint64_t>(event.time * 1'000));
  row += "pad";
  for (std::size_t column = 0; column < keys_.size(); ++column) {
    append_key(row, column, event.key[column]);
  }
  for (std::size_t column = 0; column < job_.columns.size(); ++column) {
    append_value(row, column, event.values[column]);
  }
  return row;
}

std::string EventText::malformed_binary(const Event& event) const {
  std::string late;
  append_number(late, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  return late + binary(event).substr(late.size());
}

}  // namespace sluice::system_test
