#include "ingest/decode/key_columns.hpp"

#include <cstring>

#include <simdjson.h>

#include "ingest/decode/eight_bytes.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

using Kind = Scalar::Kind;

Converted<KeyScalar> integer_key(const Scalar& scalar) {
  const auto [value, fault] = to_int64(scalar);
  if (fault == Malformed::bad_value) return {{}, Malformed::bad_key};
  return {value, fault};
}

Converted<KeyScalar> string_key(const Scalar& scalar, std::size_t max_bytes) {
  const std::string_view text = scalar.view();
  if (text.size() > max_bytes) return {{}, Malformed::out_of_range};
  if (!scalar.valid_utf8 && !is_valid_utf8(text)) return {{}, Malformed::bad_key};
  return {text, {}};
}

Converted<KeyScalar> untyped_key(const Scalar& scalar, KeyType type, std::size_t max_bytes) {
  if (type == KeyType::int64) return integer_key(number_of(scalar));
  if (type != KeyType::boolean) return string_key(scalar, max_bytes);
  const std::string_view text = scalar.view();
  if (text != "true" && text != "false") return {{}, Malformed::bad_key};
  return {text == "true", {}};
}

Converted<KeyScalar> to_key(const Scalar& scalar, KeyType type, std::size_t max_bytes) {
  const auto fits = [type](KeyType own) { return type == KeyType::as_it_came || type == own; };
  if (scalar.absent()) return {};
  if (scalar.kind == Kind::integer && fits(KeyType::int64)) return integer_key(scalar);
  if (scalar.kind == Kind::string && fits(KeyType::string)) return string_key(scalar, max_bytes);
  if (scalar.kind == Kind::boolean && fits(KeyType::boolean)) return {scalar.digits != 0, {}};
  if (scalar.kind == Kind::untyped) return untyped_key(scalar, type, max_bytes);
  return {{}, Malformed::bad_key};
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  std::uint64_t bytes = 0;
  for (; text.size() >= 8; text.remove_prefix(8)) bytes |= load_eight(text.data());
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  return ((bytes | rest) & high_bits) == 0;
}

bool is_valid_utf8(std::string_view text) noexcept {
  return is_ascii(text) || simdjson::validate_utf8(text);
}

KeyColumns::KeyColumns(const Format& format)
    : seed_(format.key_seed), max_bytes_(format.max_key_bytes) {
  const FieldPlan plan(format);
  for (std::size_t column = 0; column < format.keys.size(); ++column) {
    columns_.push_back({plan.keys[column], format.keys[column].type});
  }
}

Fault KeyColumns::identify(std::span<const Scalar> fields, KeyIdentity& identity) {
  if (columns_.size() == 1) {
    const auto [key, fault] = to_key(fields[columns_[0].field], columns_[0].type, max_bytes_);
    if (fault) return {fault, static_cast<std::uint32_t>(columns_[0].field)};
    identity = sluice::identify(key, seed_);
  } else if (!columns_.empty()) {
    encoded_.clear();
    for (const Column& column : columns_) {
      const auto [key, fault] = to_key(fields[column.field], column.type, max_bytes_);
      if (fault) return {fault, static_cast<std::uint32_t>(column.field)};
      append_key_column(encoded_, key);
    }
    identity = identify_encoded(encoded_, seed_);
  } else {
    identity = {};
  }
  return {};
}

std::string KeyColumns::encoded(std::span<const Scalar> fields) const {
  std::string encoded;
  for (const Column& column : columns_) {
    append_key_column(encoded, to_key(fields[column.field], column.type, max_bytes_).value);
  }
  return encoded;
}

}  // namespace sluice
