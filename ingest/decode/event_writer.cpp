#include "ingest/decode/event_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <simdjson.h>

#include "ingest/decode/decimal.hpp"
#include "ingest/decode/eight_bytes.hpp"
#include "ingest/decode/event_time.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

using Kind = Scalar::Kind;

bool is_ascii(std::string_view text) {
  std::uint64_t bytes = 0;
  for (; text.size() >= 8; text.remove_prefix(8)) bytes |= load_eight(text.data());
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  return ((bytes | rest) & high_bits) == 0;
}

Converted<KeyScalar> integer_key(const Scalar& scalar) {
  const auto [value, fault] = to_int64(scalar);
  if (fault == Malformed::bad_value) return {{}, Malformed::bad_key};
  return {value, fault};
}

Converted<KeyScalar> string_key(const Scalar& scalar, std::size_t max_bytes) {
  const std::string_view text = scalar.view();
  if (text.size() > max_bytes) return {{}, Malformed::out_of_range};
  const bool valid = scalar.valid_utf8 || is_ascii(text) || simdjson::validate_utf8(text);
  if (!valid) return {{}, Malformed::bad_key};
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

EventWriter::EventWriter(const Format& format)
    : time_unit_(format.event_time.unit),
      key_seed_(format.key_seed),
      max_key_bytes_(format.max_key_bytes),
      allow_non_finite_(format.allow_non_finite) {
  const FieldPlan plan(format);
  for (const FieldPath& path : plan.paths) field_names_.push_back(path.text);
  time_field_ = plan.time;
  for (std::size_t column = 0; column < format.keys.size(); ++column) {
    keys_.push_back({plan.keys[column], format.keys[column].type});
  }
  for (std::size_t column = 0; column < format.values.size(); ++column) {
    const ValueField& value = format.values[column];
    values_.push_back({plan.values[column], value.type, value.required, value.scale});
  }
}

void EventWriter::open(DecodedEvents& events) noexcept {
  events_ = &events;
  places_ = events.capacity() - events.size - events.malformed_events.size();
}

void EventWriter::begin_message(const Message& message, std::uint32_t index) noexcept {
  message_ = index;
  partition_ = message.partition;
  transport_time_ = message.timestamp;
  overflowed_ = false;
  start_ = {events_->size, events_->malformed_events.size(), events_->min_time, events_->max_time,
            events_->one_partition};
}

void EventWriter::undo_message() noexcept {
  const auto first =
      events_->malformed_events.begin() + static_cast<std::ptrdiff_t>(start_.malformed);
  for (auto event = first; event != events_->malformed_events.end(); ++event) {
    --events_->malformed[static_cast<std::size_t>(event->reason)];
  }
  events_->malformed_events.erase(first, events_->malformed_events.end());
  events_->extents.resize(start_.size);
  events_->size = start_.size;
  events_->min_time = start_.min_time;
  events_->max_time = start_.max_time;
  events_->one_partition = start_.one_partition;
  overflowed_ = false;
  open(*events_);
}

void EventWriter::write(std::span<const Scalar> fields, std::uint32_t begin, std::uint32_t length) {
  if (places_ == 0) {
    overflowed_ = true;
    return;
  }
  const auto [fault, field] = write_columns(fields);
  if (fault) {
    reject(*fault, begin, length,
           field < field_names_.size() ? std::string_view(field_names_[field]) : "");
    return;
  }
  --places_;
  DecodedEvents& events = *events_;
  const std::size_t event = events.size;
  const EventTime time = events.time[event];
  events.min_time = event == 0 ? time : std::min(events.min_time, time);
  events.max_time = event == 0 ? time : std::max(events.max_time, time);
  events.partition[event] = partition_;
  events.one_partition &= partition_ == events.partition[0];
  events.extents.push_back({begin, length, message_});
  events.size = event + 1;
}

void EventWriter::reject(Malformed reason, std::uint32_t begin, std::uint32_t length,
                         std::string_view field) {
  if (places_ == 0) {
    overflowed_ = true;
    return;
  }
  --places_;
  ++events_->malformed[static_cast<std::size_t>(reason)];
  events_->malformed_events.push_back({{begin, length, message_}, reason, std::string(field)});
}

EventWriter::Fault EventWriter::write_columns(std::span<const Scalar> fields) {
  const auto field_number = [](std::size_t field) { return static_cast<std::uint32_t>(field); };
  if (const auto fault = write_time(fields)) {
    return {fault, field_number(time_field_.value_or(field_names_.size()))};
  }
  if (const Fault fault = write_key(fields); fault.reason) return fault;
  for (std::size_t column = 0; column < values_.size(); ++column) {
    const std::size_t field = values_[column].field;
    if (const auto fault = write_value(column, fields[field])) return {fault, field_number(field)};
  }
  return {};
}

std::optional<Malformed> EventWriter::write_time(std::span<const Scalar> fields) {
  EventTime& time = events_->time[events_->size];
  if (!time_field_) {
    time = transport_time_;
    if (time == start_of_time) return Malformed::missing_time;
    if (time < -max_event_time || time > max_event_time) return Malformed::bad_time;
    return std::nullopt;
  }
  const Scalar& scalar = fields[*time_field_];
  if (scalar.absent()) return Malformed::missing_time;
  const std::optional<EventTime> read = to_event_time(scalar, time_unit_);
  if (!read) return Malformed::bad_time;
  time = *read;
  return std::nullopt;
}

EventWriter::Fault EventWriter::write_key(std::span<const Scalar> fields) {
  KeyIdentity identity;
  if (keys_.size() == 1) {
    const auto [key, fault] = to_key(fields[keys_[0].field], keys_[0].type, max_key_bytes_);
    if (fault) return {fault, static_cast<std::uint32_t>(keys_[0].field)};
    identity = identify(key, key_seed_);
  } else if (!keys_.empty()) {
    encoded_.clear();
    for (const KeyColumn& column : keys_) {
      const auto [key, fault] = to_key(fields[column.field], column.type, max_key_bytes_);
      if (fault) return {fault, static_cast<std::uint32_t>(column.field)};
      append_key_column(encoded_, key);
    }
    identity = identify_encoded(encoded_, key_seed_);
  }
  events_->key_low[events_->size] = identity.low;
  events_->key_high[events_->size] = identity.high;
  events_->any_key_high |= identity.high != 0;
  return {};
}

std::optional<Malformed> EventWriter::write_value(std::size_t index, const Scalar& scalar) {
  const ValueColumn& column = values_[index];
  std::int64_t& bits = events_->values[index][events_->size];
  std::uint8_t& valid = events_->valid[index][events_->size];
  if (scalar.absent()) {
    if (column.required) return Malformed::missing_value;
    bits = 0;
    valid = 0;
    events_->any_null[index] = true;
    return std::nullopt;
  }
  if (scalar.kind == Kind::untyped) return write_value(index, number_of(scalar));

  valid = 1;
  if (column.type == ValueType::float64) {
    const auto [value, fault] = to_double(scalar, allow_non_finite_);
    bits = std::bit_cast<std::int64_t>(value);
    return fault;
  }
  const auto [value, fault] =
      column.type == ValueType::int64 ? to_int64(scalar) : to_decimal(scalar, column.scale);
  bits = value;
  return fault;
}

std::string EventWriter::encoded_key(std::span<const Scalar> fields) const {
  std::string encoded;
  for (const KeyColumn& column : keys_) {
    append_key_column(encoded, to_key(fields[column.field], column.type, max_key_bytes_).value);
  }
  return encoded;
}

}  // namespace sluice
