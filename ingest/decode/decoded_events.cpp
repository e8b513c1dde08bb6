#include "ingest/decode/decoded_events.hpp"

#include <cassert>

namespace sluice {
namespace {

constexpr std::size_t alignment = 64;

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

std::string_view name_of(Malformed reason) noexcept {
  constexpr std::array<std::string_view, malformed_reasons> names = {
      "syntax",       "missing_time", "bad_time",   "bad_key",      "bad_value", "missing_value",
      "out_of_range", "too_precise",  "non_finite", "wrong_length", "too_large"};
  return names[static_cast<std::size_t>(reason)];
}

std::size_t DecodedEvents::bytes_needed(std::size_t capacity, std::uint32_t value_count) noexcept {
  return 3 * padded(capacity * sizeof(std::uint64_t)) + padded(capacity * sizeof(PartitionIndex)) +
         value_count * (padded(capacity * sizeof(std::int64_t)) + padded(capacity));
}

DecodedEvents::DecodedEvents(StagingBlock memory, std::size_t capacity, std::uint32_t value_count)
    : memory_(std::move(memory)), capacity_(capacity), value_count_(value_count) {
  assert(memory_.size() >= bytes_needed(capacity, value_count));
  assert(value_count <= max_values);
  std::byte* next = memory_.data();
  const auto take = [&next, capacity]<class T>(T*& column) {
    column = reinterpret_cast<T*>(next);
    next += padded(capacity * sizeof(T));
  };
  take(time);
  take(key_low);
  take(key_high);
  for (std::uint32_t value = 0; value < value_count; ++value) take(values[value]);
  take(partition);
  for (std::uint32_t value = 0; value < value_count; ++value) take(valid[value]);
  extents.reserve(capacity);
}

void DecodedEvents::clear() noexcept {
  size = 0;
  any_key_high = false;
  any_null.fill(false);
  one_partition = true;
  min_time = 0;
  max_time = 0;
  extents.clear();
  tombstones = 0;
  malformed.fill(0);
  malformed_events.clear();
}

EventColumns DecodedEvents::columns() const noexcept {
  EventColumns columns;
  columns.size = size;
  columns.time = time;
  columns.partition = one_partition ? nullptr : partition;
  columns.single_partition = one_partition && size > 0 ? partition[0] : PartitionIndex{0};
  columns.key_low = key_low;
  columns.key_high = any_key_high ? key_high : nullptr;
  columns.value_count = value_count_;
  for (std::uint32_t value = 0; value < value_count_; ++value) {
    columns.values[value] = {values[value], any_null[value] ? valid[value] : nullptr};
  }
  return columns;
}

}  // namespace sluice
