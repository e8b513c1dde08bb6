#include "tests/kernels/cuda/decode/device_decoding.hpp"

#include <algorithm>
#include <numeric>
#include <ostream>

#include <gtest/gtest.h>

#include "kernels/cuda/runtime.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {

namespace {

using cuda::StagedBatch;
using cuda::Stream;

PlainEvent malformed(const MalformedEvent& event) {
  PlainEvent plain;
  plain.begin = event.extent.begin;
  plain.length = event.extent.length;
  plain.message = event.extent.message;
  plain.fault = std::string(name_of(event.reason)) + " " + event.field;
  return plain;
}

void sort_by_bytes(PlainBatch& batch) {
  std::ranges::sort(batch.events, {},
                    [](const PlainEvent& event) { return std::pair(event.message, event.begin); });
}

PlainEvent event_at(const EventColumns& columns, std::size_t i, const RawExtent& extent) {
  PlainEvent event;
  event.begin = extent.begin;
  event.length = extent.length;
  event.message = extent.message;
  event.time = columns.time[i];
  event.key_low = columns.key.low_of(i);
  event.key_high = columns.key.high_of(i);
  event.partition = columns.partition != nullptr ? columns.partition[i] : columns.single_partition;
  for (std::uint32_t v = 0; v < columns.value_count; ++v) {
    const ValueColumn& column = columns.values[v];
    const bool valid = column.valid == nullptr || column.valid[i] != 0;
    event.values.push_back(valid ? std::optional(column[i]) : std::nullopt);
  }
  return event;
}

RowLayout layout_of(std::size_t values) {
  RowLayout layout;
  layout.count = static_cast<std::uint32_t>(values);
  for (std::size_t v = 0; v < values; ++v) {
    layout.accumulators[v].value = static_cast<std::uint8_t>(v);
  }
  return layout;
}

DecodePlan plan_of(const FilteredFormat& format) {
  const RawPlan plan = format.plan();
  EXPECT_TRUE(plan.plan) << plan.why_not;
  return plan.plan.value_or(DecodePlan{});
}

constexpr std::size_t partitions = 16;

BackendShape shape_of(const RowLayout& layout, const FilteredFormat& format, std::size_t capacity,
                      std::size_t bytes) {
  BackendShape shape;
  shape.layout = layout;
  shape.max_batch_events = capacity;
  shape.raw = RawShape{.plan = plan_of(format),
                       .max_bytes = bytes,
                       .max_messages = capacity,
                       .partitions = partitions,
                       .filter = format.plan().filter};
  return shape;
}

void note_maxima(const std::vector<PartitionMaximum>& maxima, PlainBatch& batch) {
  for (const PartitionMaximum& maximum : maxima) {
    const auto place = batch.filtered_maxima.try_emplace(maximum.partition, maximum.time).first;
    place->second = std::max(place->second, maximum.time);
  }
}

template <class T>
std::vector<T> downloaded(const T* column, std::size_t size, Stream& stream) {
  std::vector<T> host(column == nullptr ? 0 : size);
  cuda::copy_to_host(host.data(), column, host.size(), stream);
  stream.synchronize();
  return host;
}

/// The columns of a staged batch in host memory.
class ColumnsDown {
 public:
  ColumnsDown(const EventColumns& device, std::size_t size) : columns_(device) {
    bring(columns_.time.wide, times_, size);
    bring(columns_.partition, partitions_, size);
    bring(columns_.key.low, low_, size);
    bring(columns_.key.high, high_, size);
    for (std::uint32_t v = 0; v < columns_.value_count; ++v) {
      bring(columns_.values[v].bits, values_[v], size);
      bring(columns_.values[v].valid, valid_[v], size);
    }
  }
  const EventColumns& columns() const noexcept { return columns_; }

 private:
  template <class T>
  void bring(const T*& column, std::vector<T>& host, std::size_t size) {
    host = downloaded(column, size, stream_);
    if (column != nullptr) column = host.data();
  }

  Stream stream_;
  EventColumns columns_;
  std::vector<EventTime> times_;
  std::vector<PartitionIndex> partitions_;
  std::vector<std::uint64_t> low_;
  std::vector<std::uint64_t> high_;
  std::vector<std::int64_t> values_[max_values];
  std::vector<std::uint8_t> valid_[max_values];
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const PlainEvent& event) {
  out << "message " << event.message << " bytes " << event.begin << "+" << event.length;
  if (!event.fault.empty()) return out << " " << event.fault;
  out << " time " << event.time << " key " << event.key_low << "/" << event.key_high
      << " partition " << event.partition << " values";
  for (const auto& value : event.values) {
    out << " ";
    value ? out << *value : out << "null";
  }
  return out;
}

FilteredFormat::FilteredFormat(Format plain, Where condition)
    : format(std::move(plain)), where(std::move(condition)) {
  if (where.text.empty()) return;
  program = plan_filter(parse_filter(where.text), format);
  format.filter = program->fields;
}

std::optional<EventFilter> FilteredFormat::filter() const {
  if (!program) return std::nullopt;
  return EventFilter(*program, where.max_future);
}

RawPlan FilteredFormat::plan() const { return raw_plan(format, program ? &*program : nullptr); }

PlainBatch decode_on_host(const FilteredFormat& format, const SourceBlock& block) {
  PlainBatch batch;
  Decoder decoder(format.format);
  DecodedEvents events = make_events(format.format, 1 << 16);
  EXPECT_EQ(decoder.decode(block, 0, events), block.messages.size());
  if (auto filter = format.filter()) {
    FilteredEvents filtered;
    filter->apply(events, decoder.filter_columns(), block.now, filtered);
    batch.filtered = filtered.count;
    note_maxima(filtered.maxima, batch);
  }
  for (std::size_t i = 0; i < events.size; ++i) {
    const EventExtent extent = events.extents[i];
    batch.events.push_back(
        event_at(events.columns(), i, {extent.begin, extent.length, extent.message}));
  }
  for (const MalformedEvent& event : events.malformed_events) {
    batch.events.push_back(malformed(event));
  }
  batch.min_time = events.min_time;
  batch.max_time = events.max_time;
  sort_by_bytes(batch);
  return batch;
}

DeviceDecoding::DeviceDecoding(FilteredFormat format, std::size_t capacity, std::size_t bytes)
    : format_(std::move(format)),
      plan_(plan_of(format_)),
      layout_(layout_of(format_.format.values.size())),
      shifts_(layout_),
      ring_(std::make_unique<cuda::RawRing>(shape_of(layout_, format_, capacity, bytes), shifts_,
                                            times_)),
      table_(make_staging(RawMessageTable::bytes_needed(capacity)), capacity),
      listed_events_(format_.format, plan_,
                     make_staging(DecodedEvents::bytes_needed(
                         2 * capacity, static_cast<std::uint32_t>(format_.format.values.size()))),
                     2 * capacity, format_.filter()),
      shapes_(format_.format) {}

std::optional<PlainBatch> DeviceDecoding::decode(const SourceBlock& block) {
  if (!table_.take(block, plan_)) return std::nullopt;
  RawEvents events = table_.events();
  if (format_.where.max_future) events.future_after = block.now + *format_.where.max_future;
  const Ticket ticket = ring_->stage(events);
  const RawOutcome outcome = ring_->decoded(ticket);
  if (outcome.refused) {
    ring_->release(ticket);
    return std::nullopt;
  }
  decoded_ += outcome.events;
  listed_ += outcome.listed.size();
  listed_events_.decode(block, table_, outcome.listed);
  const std::size_t size = ring_->settle(ticket, listed_events_.columns());
  PlainBatch batch;
  read_down(ticket, size, batch);
  for (const MalformedEvent& event : listed_events_.malformed_events()) {
    batch.events.push_back(malformed(event));
  }
  batch.min_time = listed_events_.accepted() > 0 ? listed_events_.min_time() : outcome.min_time;
  batch.max_time = listed_events_.accepted() > 0 ? listed_events_.max_time() : outcome.max_time;
  take_filtered(outcome, batch);
  if (outcome.events > outcome.listed.size() + outcome.filtered) {
    batch.min_time = std::min(batch.min_time, outcome.min_time);
    batch.max_time = std::max(batch.max_time, outcome.max_time);
  }
  sort_by_bytes(batch);
  learn(block, outcome);
  ring_->release(ticket);
  return batch;
}

void DeviceDecoding::take_filtered(const RawOutcome& outcome, PlainBatch& batch) const {
  batch.filtered = outcome.filtered + listed_events_.filtered().count;
  note_maxima(outcome.filtered_maxima, batch);
  note_maxima(listed_events_.filtered().maxima, batch);
}

void DeviceDecoding::read_down(Ticket ticket, std::size_t size, PlainBatch& batch) {
  const StagedBatch& staged = ring_->batch(ticket);
  EXPECT_EQ(staged.size, size);
  Stream waiting;
  waiting.wait(staged.copied);
  waiting.synchronize();
  const ColumnsDown down(staged.device, size);
  std::vector<std::uint32_t> all(size);
  std::iota(all.begin(), all.end(), 0u);
  const std::vector<RawExtent> extents = ring_->extents(ticket, all);
  for (std::size_t i = 0; i < size; ++i) {
    RawExtent extent = extents[i];
    extent.message = table_.sources()[extent.message];
    batch.events.push_back(event_at(down.columns(), i, extent));
  }
}

void DeviceDecoding::learn(const SourceBlock& block, const RawOutcome& outcome) {
  if (plan_.format != RawFormat::json) return;
  bool learned = false;
  for (const ListedEvent& event : outcome.listed) {
    learned = shapes_.offer(listed_events_.document(block, table_, event)) || learned;
  }
  if (learned) ring_->take_shapes(shapes_.shapes());
}

bool expect_same(DeviceDecoding& device, const SourceBlock& block) {
  const std::optional<PlainBatch> found = device.decode(block);
  if (!found) return false;
  const PlainBatch expected = decode_on_host(device.format(), block);
  EXPECT_EQ(found->filtered, expected.filtered);
  EXPECT_EQ(found->filtered_maxima, expected.filtered_maxima);
  EXPECT_EQ(found->events.size(), expected.events.size());
  const std::size_t size = std::min(found->events.size(), expected.events.size());
  for (std::size_t i = 0; i < size; ++i) {
    const PlainEvent& event = expected.events[i];
    if (found->events[i] == event) continue;
    ADD_FAILURE() << "host:   " << event << "\ndevice: " << found->events[i]
                  << "\nof: " << std::string(block.text() + event.begin, event.length);
    return true;
  }
  const auto is_malformed = [](const PlainEvent& event) { return !event.fault.empty(); };
  if (std::ranges::all_of(expected.events, is_malformed)) return true;
  EXPECT_EQ(found->min_time, expected.min_time);
  EXPECT_EQ(found->max_time, expected.max_time);
  return true;
}

}  // namespace sluice::testing
