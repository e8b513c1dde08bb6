#include "ingest/decode/event_writer.hpp"

#include <algorithm>
#include <bit>

#include <simdjson.h>

#include "ingest/decode/decimal.hpp"
#include "ingest/decode/event_time.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

using Kind = Scalar::Kind;

Converted<KeyScalar> integer_key(const Scalar& scalar) {
  const auto [value, fault] = to_int64(scalar);
  if (fault == Malformed::bad_value) return {{}, Malformed::bad_key};
  return {value, fault};
}

Converted<KeyScalar> string_key(const Scalar& scalar) {
  const std::string_view text = scalar.view();
  if (!scalar.valid_utf8 && !simdjson::validate_utf8(text)) return {{}, Malformed::bad_key};
  return {text, {}};
}

Converted<KeyScalar> untyped_key(const Scalar& scalar, KeyType type) {
  if (type == KeyType::int64) return integer_key(number_of(scalar));
  if (type != KeyType::boolean) return string_key(scalar);
  const std::string_view text = scalar.view();
  if (text != "true" && text != "false") return {{}, Malformed::bad_key};
  return {text == "true", {}};
}

Converted<KeyScalar> to_key(const Scalar& scalar, KeyType type) {
  const auto fits = [type](KeyType own) { return type == KeyType::as_it_came || type == own; };
  if (scalar.absent()) return {};
  if (scalar.kind == Kind::integer && fits(KeyType::int64)) return integer_key(scalar);
  if (scalar.kind == Kind::string && fits(KeyType::string)) return string_key(scalar);
  if (scalar.kind == Kind::boolean && fits(KeyType::boolean)) return {scalar.digits != 0, {}};
  if (scalar.kind == Kind::untyped) return untyped_key(scalar, type);
  return {{}, Malformed::bad_key};
}

}  // namespace

EventWriter::EventWriter(const Format& format) : format_(format), plan_(format) {}

void EventWriter::begin_message(const Message& message, std::uint32_t index) noexcept {
  message_ = index;
  partition_ = message.partition;
  transport_time_ = message.timestamp;
  overflowed_ = false;
  start_ = {events_->size, events_->malformed_events.size(), events_->min_time, events_->max_time,
            events_->one_partition};
}

void EventWriter::undo_message() noexcept {
  for (std::size_t i = start_.malformed; i < events_->malformed_events.size(); ++i) {
    --events_->malformed[static_cast<std::size_t>(events_->malformed_events[i].reason)];
  }
  events_->malformed_events.erase(
      events_->malformed_events.begin() + static_cast<std::ptrdiff_t>(start_.malformed),
      events_->malformed_events.end());
  events_->extents.resize(start_.size);
  events_->size = start_.size;
  events_->min_time = start_.min_time;
  events_->max_time = start_.max_time;
  events_->one_partition = start_.one_partition;
  overflowed_ = false;
}

bool EventWriter::take_place() noexcept {
  if (events_->size + events_->malformed_events.size() < events_->capacity()) return true;
  overflowed_ = true;
  return false;
}

void EventWriter::write(std::span<const Scalar> fields, std::uint32_t begin, std::uint32_t length) {
  if (!take_place()) return;
  std::optional<Fault> fault = write_time(fields);
  if (!fault) fault = write_key(fields);
  if (!fault) fault = write_values(fields);
  if (fault) {
    reject(fault->reason, begin, length, fault->field ? *fault->field : std::string_view{});
    return;
  }

  DecodedEvents& events = *events_;
  const std::size_t event = events.size;
  events.time[event] = time_;
  events.min_time = event == 0 ? time_ : std::min(events.min_time, time_);
  events.max_time = event == 0 ? time_ : std::max(events.max_time, time_);
  events.partition[event] = partition_;
  events.one_partition &= partition_ == events.partition[0];
  events.extents.push_back({begin, length, message_});
  ++events.size;
}

void EventWriter::reject(Malformed reason, std::uint32_t begin, std::uint32_t length,
                         std::string_view field) {
  if (!take_place()) return;
  ++events_->malformed[static_cast<std::size_t>(reason)];
  events_->malformed_events.push_back({{begin, length, message_}, reason, std::string(field)});
}

std::optional<EventWriter::Fault> EventWriter::write_time(std::span<const Scalar> fields) {
  if (!plan_.time) {
    time_ = transport_time_;
    if (time_ == start_of_time) return Fault{Malformed::missing_time, nullptr};
    if (time_ >= -max_event_time && time_ <= max_event_time) return std::nullopt;
    return Fault{Malformed::bad_time, nullptr};
  }
  const Scalar& scalar = fields[*plan_.time];
  if (scalar.absent()) return Fault{Malformed::missing_time, &format_.event_time.path.text};
  const std::optional<EventTime> time = to_event_time(scalar, format_.event_time.unit);
  if (!time) return Fault{Malformed::bad_time, &format_.event_time.path.text};
  time_ = *time;
  return std::nullopt;
}

std::optional<EventWriter::Fault> EventWriter::write_key(std::span<const Scalar> fields) {
  KeyIdentity identity;
  if (format_.keys.size() == 1) {
    const auto [key, fault] = to_key(fields[plan_.keys[0]], format_.keys[0].type);
    if (fault) return Fault{*fault, &format_.keys[0].path.text};
    identity = identify(key, format_.key_seed);
  } else if (!format_.keys.empty()) {
    encoded_.clear();
    for (std::size_t column = 0; column < format_.keys.size(); ++column) {
      const auto [key, fault] = to_key(fields[plan_.keys[column]], format_.keys[column].type);
      if (fault) return Fault{*fault, &format_.keys[column].path.text};
      append_key_column(encoded_, key);
    }
    identity = identify_encoded(encoded_, format_.key_seed);
  }
  events_->key_low[events_->size] = identity.low;
  events_->key_high[events_->size] = identity.high;
  events_->any_key_high |= identity.high != 0;
  return std::nullopt;
}

std::optional<EventWriter::Fault> EventWriter::write_values(std::span<const Scalar> fields) {
  for (std::size_t column = 0; column < format_.values.size(); ++column) {
    const std::optional<Malformed> reason = write_value(column, fields[plan_.values[column]]);
    if (reason) return Fault{*reason, &format_.values[column].path.text};
  }
  return std::nullopt;
}

std::optional<Malformed> EventWriter::write_value(std::size_t column, const Scalar& scalar) {
  const ValueField& field = format_.values[column];
  const std::size_t event = events_->size;
  std::int64_t& bits = events_->values[column][event];
  std::uint8_t& valid = events_->valid[column][event];
  if (scalar.absent()) {
    if (field.required) return Malformed::missing_value;
    bits = 0;
    valid = 0;
    events_->any_null[column] = true;
    return std::nullopt;
  }
  if (scalar.kind == Kind::untyped) return write_value(column, number_of(scalar));

  valid = 1;
  if (field.type == ValueType::float64) {
    const auto [value, fault] = to_double(scalar, format_.allow_non_finite);
    bits = std::bit_cast<std::int64_t>(value);
    return fault;
  }
  const auto [value, fault] =
      field.type == ValueType::int64 ? to_int64(scalar) : to_decimal(scalar, field.scale);
  bits = value;
  return fault;
}

std::string EventWriter::encoded_key(std::span<const Scalar> fields) {
  std::string encoded;
  for (std::size_t column = 0; column < format_.keys.size(); ++column) {
    append_key_column(encoded, to_key(fields[plan_.keys[column]], format_.keys[column].type).value);
  }
  return encoded;
}

}  // namespace sluice
