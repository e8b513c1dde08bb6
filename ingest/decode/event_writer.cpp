#include "ingest/decode/event_writer.hpp"

#include <algorithm>

#include "ingest/decode/event_time.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/value_bits.hpp"

namespace sluice {
EventWriter::EventWriter(const Format& format)
    : time_unit_(format.event_time.unit),
      keys_(format),
      values_(format.values),
      allow_non_finite_(format.allow_non_finite),
      filter_(format) {
  const FieldPlan plan(format);
  for (const FieldPath& path : plan.paths) field_names_.push_back(path.text);
  time_field_ = plan.time;
  value_fields_ = plan.values;
}

void EventWriter::open(DecodedEvents& events) {
  events_ = &events;
  filter_.open(events);
  count_places();
}

void EventWriter::count_places() noexcept {
  places_ = events_->capacity() - events_->size - events_->malformed_events.size();
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
  events_->extents.shrink(start_.size);
  events_->size = start_.size;
  events_->min_time = start_.min_time;
  events_->max_time = start_.max_time;
  events_->one_partition = start_.one_partition;
  overflowed_ = false;
  count_places();
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
  if (!filter_.empty()) filter_.write(events_->size, fields);
  const EventTime time = events_->time[events_->size];
  events_->extents.push_back({begin, length, message_});
  take_in(1, time, time);
}

void EventWriter::accept(std::size_t count, std::uint32_t begin, std::uint32_t row_bytes,
                         EventTime min_time, EventTime max_time) {
  events_->extents.append({begin, row_bytes, message_}, count);
  take_in(count, min_time, max_time);
}

void EventWriter::accept(std::span<const EventExtent> extents) {
  const EventTime* const time = events_->time + events_->size;
  EventTime least = time[0];
  EventTime greatest = time[0];
  for (std::size_t event = 1; event < extents.size(); ++event) {
    least = std::min(least, time[event]);
    greatest = std::max(greatest, time[event]);
  }
  events_->extents.append(extents);
  take_in(extents.size(), least, greatest);
}

void EventWriter::accept(const Draft& draft, std::size_t event, const EventExtent& extent) {
  DecodedEvents& events = *events_;
  const std::size_t from = draft.first + event;
  const std::size_t to = events.size;
  events.time[to] = events.time[from];
  events.key_low[to] = events.key_low[from];
  if (events.any_key_high) events.key_high[to] = draft.key_high ? events.key_high[from] : 0;
  for (std::size_t value = 0; value < values_.size(); ++value) {
    events.values[value][to] = events.values[value][from];
    if (!events.any_null[value]) continue;
    events.valid[value][to] = draft.valid[value] ? events.valid[value][from] : std::uint8_t{1};
  }
  filter_.move(from, to);
  events.extents.push_back(extent);
  take_in(1, events.time[to], events.time[to]);
}

void EventWriter::take_in(std::size_t count, EventTime min_time, EventTime max_time) noexcept {
  DecodedEvents& events = *events_;
  const std::size_t first = events.size;
  if (first == 0) {
    events.min_time = min_time;
    events.max_time = max_time;
    events.one_partition = true;
    events.partition[0] = partition_;
  } else {
    events.min_time = std::min(events.min_time, min_time);
    events.max_time = std::max(events.max_time, max_time);
  }
  if (events.one_partition && events.partition[0] != partition_) events.begin_partitions();
  if (!events.one_partition) std::fill_n(events.partition + first, count, partition_);
  events.size = first + count;
  places_ -= count;
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

Fault EventWriter::write_columns(std::span<const Scalar> fields) {
  const auto field_number = [](std::size_t field) { return static_cast<std::uint32_t>(field); };
  if (const auto fault = write_time(fields)) {
    return {fault, field_number(time_field_.value_or(field_names_.size()))};
  }
  if (const Fault fault = write_key(fields); fault.reason) return fault;
  for (std::size_t column = 0; column < values_.size(); ++column) {
    const std::size_t field = value_fields_[column];
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

Fault EventWriter::write_key(std::span<const Scalar> fields) {
  KeyIdentity identity;
  const Fault fault = keys_.identify(fields, identity);
  if (fault.reason) return fault;
  events_->key_low[events_->size] = identity.low;
  if (identity.high != 0) events_->begin_key_high();
  if (events_->any_key_high) events_->key_high[events_->size] = identity.high;
  return {};
}

std::optional<Malformed> EventWriter::write_value(std::size_t index, const Scalar& scalar) {
  if (scalar.absent()) {
    if (values_[index].required) return Malformed::missing_value;
    write_null(index);
    return std::nullopt;
  }
  if (scalar.kind == Scalar::Kind::untyped) return write_value(index, number_of(scalar));
  const auto [bits, fault] = to_value_bits(scalar, values_[index], allow_non_finite_);
  events_->values[index][events_->size] = bits;
  if (events_->any_null[index]) events_->valid[index][events_->size] = 1;
  return fault;
}

void EventWriter::write_null(std::size_t index) {
  events_->begin_valid(static_cast<std::uint32_t>(index));
  events_->valid[index][events_->size] = 0;
  events_->values[index][events_->size] = 0;
}

}  // namespace sluice
