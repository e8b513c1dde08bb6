#include "ingest/decode/decoded_events.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>

namespace sluice {
namespace {

constexpr std::size_t alignment = 64;

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

template <class Narrow, class Wide>
bool fits(const Wide* column, std::size_t size) noexcept {
  bool all = true;
  for (std::size_t i = 0; i < size; ++i) {
    all &= column[i] == static_cast<Wide>(static_cast<Narrow>(column[i]));
  }
  return all;
}

/// Writes column[i] - base as Narrow over the start of the column's own memory.
template <class Narrow, class Wide>
void narrow_column(Wide* column, std::size_t size, Wide base) noexcept {
  constexpr std::size_t together = 1024;
  Narrow part[together];
  auto* const target = reinterpret_cast<std::byte*>(column);
  for (std::size_t first = 0; first < size; first += together) {
    const std::size_t count = std::min(together, size - first);
    for (std::size_t i = 0; i < count; ++i) part[i] = static_cast<Narrow>(column[first + i] - base);
    std::memcpy(target + first * sizeof(Narrow), part, count * sizeof(Narrow));
  }
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
  narrow_time_ = false;
  narrow_key_ = false;
  narrow_value_.fill(false);
}

void DecodedEvents::begin_key_high() noexcept {
  if (!any_key_high) std::fill_n(key_high, size, std::uint64_t{0});
  any_key_high = true;
}

void DecodedEvents::begin_valid(std::uint32_t value) noexcept {
  if (!any_null[value]) std::fill_n(valid[value], size, std::uint8_t{1});
  any_null[value] = true;
}

void DecodedEvents::begin_partitions() noexcept {
  if (one_partition && size > 0) std::fill_n(partition, size, partition[0]);
  one_partition = false;
}

void DecodedEvents::keep(const std::uint8_t* keeps) {
  assert(!narrow_time_);
  constexpr std::size_t together = 1024;
  std::array<std::uint32_t, together> places;
  extents.keep(keeps);
  EventTime least = std::numeric_limits<EventTime>::max();
  EventTime greatest = std::numeric_limits<EventTime>::min();
  std::size_t to = 0;
  for (std::size_t first = 0; first < size; first += together) {
    const std::size_t end = std::min(size, first + together);
    std::size_t kept = 0;
    for (std::size_t event = first; event < end; ++event) {
      places[kept] = static_cast<std::uint32_t>(event);
      kept += keeps[event];
    }
    const auto gather = [&](auto* column) {
      for (std::size_t i = 0; i < kept; ++i) column[to + i] = column[places[i]];
    };
    gather(time);
    for (std::size_t event = to; event < to + kept; ++event) {
      least = std::min(least, time[event]);
      greatest = std::max(greatest, time[event]);
    }
    gather(key_low);
    if (any_key_high) gather(key_high);
    if (!one_partition) gather(partition);
    for (std::uint32_t value = 0; value < value_count_; ++value) {
      gather(values[value]);
      if (any_null[value]) gather(valid[value]);
    }
    to += kept;
  }
  size = to;
  min_time = size > 0 ? least : 0;
  max_time = size > 0 ? greatest : 0;
}

void DecodedEvents::narrow() noexcept {
  if (size == 0) return;
  narrow_time_ = max_time - min_time <= std::numeric_limits<std::uint32_t>::max();
  if (narrow_time_) narrow_column<std::uint32_t>(time, size, min_time);
  narrow_key_ = !any_key_high && fits<std::uint32_t>(key_low, size);
  if (narrow_key_) narrow_column<std::uint32_t>(key_low, size, std::uint64_t{0});
  for (std::uint32_t value = 0; value < value_count_; ++value) {
    narrow_value_[value] = fits<std::int32_t>(values[value], size);
    if (narrow_value_[value]) narrow_column<std::int32_t>(values[value], size, std::int64_t{0});
  }
}

EventColumns DecodedEvents::columns() const noexcept {
  EventColumns columns;
  columns.size = size;
  columns.in_one_block = true;
  if (narrow_time_) {
    columns.time.narrow = reinterpret_cast<const std::uint32_t*>(time);
    columns.time.base = min_time;
  } else {
    columns.time.wide = time;
  }
  columns.partition = one_partition ? nullptr : partition;
  columns.single_partition = one_partition && size > 0 ? partition[0] : PartitionIndex{0};
  if (narrow_key_) {
    columns.key.narrow = reinterpret_cast<const std::uint32_t*>(key_low);
  } else {
    columns.key = {key_low, any_key_high ? key_high : nullptr};
  }
  columns.value_count = value_count_;
  for (std::uint32_t value = 0; value < value_count_; ++value) {
    ValueColumn& column = columns.values[value];
    column.valid = any_null[value] ? valid[value] : nullptr;
    if (narrow_value_[value]) {
      column.narrow = reinterpret_cast<const std::int32_t*>(values[value]);
    } else {
      column.bits = values[value];
    }
  }
  return columns;
}

}  // namespace sluice
