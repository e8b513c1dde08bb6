#include "bench/backend_load.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "bench/in_parallel.hpp"
#include "kernels/row_layout.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t alignment = 256;
constexpr std::uint64_t seed = 1;

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Fills a column of `T` with value_of(event).
template <class T, class ValueOf>
void fill(std::byte* column, std::size_t count, ValueOf value_of) {
  auto* const values = reinterpret_cast<T*>(column);
  in_parallel(count, [=](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) values[i] = static_cast<T>(value_of(i));
  });
}

std::int64_t value_at(std::uint64_t event) {
  return static_cast<std::int64_t>(mixed(event + (std::uint64_t{1} << 60)) % 20'001) - 10'000;
}

EventTime time_at(const LoadShape& shape, std::size_t i, std::uint64_t event) {
  const std::int64_t end = shape.panes * pane_length;
  const auto due = static_cast<std::int64_t>(i) * end / static_cast<std::int64_t>(shape.events);
  const auto early = static_cast<std::int64_t>(mixed(event + (std::uint64_t{1} << 61)) % 50);
  return std::max<std::int64_t>(due - early, 0);
}

void fill_times(std::byte* column, const LoadShape& shape, unsigned width, std::uint64_t first) {
  const auto time = [=](std::size_t i) { return time_at(shape, i, first + i); };
  if (width == 4) {
    fill<std::uint32_t>(column, shape.events, time);
  } else {
    fill<EventTime>(column, shape.events, time);
  }
}

void fill_keys(std::byte* column, const LoadShape& shape, unsigned width, std::uint64_t first) {
  const KeyDraw draw(shape.spread, shape.keys, seed);
  if (width == 4) {
    fill<std::uint32_t>(column, shape.events, [=](std::size_t i) { return draw(first + i); });
    return;
  }
  const auto key = [=](std::size_t i) { return load_key(shape.key_kind, draw(first + i)); };
  fill<std::uint64_t>(column, shape.events, [=](std::size_t i) { return key(i).low; });
  if (width == 8) return;
  fill<std::uint64_t>(column + aligned(8 * shape.events), shape.events,
                      [=](std::size_t i) { return key(i).high; });
}

void fill_values(std::byte* column, const LoadShape& shape, unsigned width, std::uint64_t first) {
  const auto value = [=](std::size_t i) { return value_at(first + i); };
  if (width == 4) fill<std::int32_t>(column, shape.events, value);
  if (width == 8) fill<std::int64_t>(column, shape.events, value);
}

/// Where the columns begin in a batch's memory.
struct Offsets {
  std::size_t keys;
  std::size_t high_keys;
  std::size_t values;
  std::size_t end;
};

Offsets offsets_of(const LoadShape& shape, const ColumnWidths& widths) {
  Offsets at{};
  at.keys = aligned(widths.time * shape.events);
  at.high_keys = at.keys + aligned(std::min(widths.key, 8u) * shape.events);
  at.values = at.high_keys + (widths.key == 16 ? aligned(8 * shape.events) : 0);
  at.end = at.values + aligned(widths.value * shape.events);
  return at;
}

}  // namespace

std::string_view name_of(KeyKind kind) noexcept {
  return kind == KeyKind::dense ? "dense" : "hashed";
}

std::string_view name_of(Aggregates aggregates) noexcept {
  switch (aggregates) {
    case Aggregates::count:
      return "count";
    case Aggregates::count_sum:
      return "count_sum";
    case Aggregates::count_sum_min_max:
      return "count_sum_min_max";
  }
  return {};
}

ColumnWidths widths_of(KeyKind kind, unsigned event_bytes) {
  const bool hashed = kind == KeyKind::hashed;
  switch (hashed ? event_bytes - 12 : event_bytes) {
    case 8:
      return {4, hashed ? 16u : 4u, 0};
    case 12:
      return {4, hashed ? 16u : 4u, 4};
    case 16:
      return {4, hashed ? 16u : 4u, 8};
    case 20:
      if (hashed) return {8, 16, 8};
      break;
    case 24:
      if (!hashed) return {8, 8, 8};
      break;
    default:
      break;
  }
  throw std::invalid_argument("no columns make an event of " + std::to_string(event_bytes) +
                              " bytes with " + std::string(name_of(kind)) + " keys");
}

StagingBlock pageable_block(std::size_t bytes) {
  constexpr std::align_val_t line{64};
  return {static_cast<std::byte*>(::operator new(bytes, line)), bytes,
          [](std::byte* memory) noexcept { ::operator delete(memory, line); }};
}

LoadKey load_key(KeyKind kind, std::uint64_t key) noexcept {
  if (kind == KeyKind::dense) return {key, 0};
  return {mixed(key + 1), mixed(~key) | std::uint64_t{1} << 63};
}

std::size_t LoadBatch::bytes_needed(const LoadShape& shape) {
  return offsets_of(shape, widths_of(shape.key_kind, shape.event_bytes)).end;
}

LoadBatch::LoadBatch(const LoadShape& shape, std::uint64_t first_event, StagingBlock memory)
    : shape_(shape),
      widths_(widths_of(shape.key_kind, shape.event_bytes)),
      memory_(std::move(memory)) {
  const Offsets at = offsets_of(shape, widths_);
  fill_times(memory_.data(), shape, widths_.time, first_event);
  fill_keys(memory_.data() + at.keys, shape, widths_.key, first_event);
  fill_values(memory_.data() + at.values, shape, widths_.value, first_event);
}

EventColumns LoadBatch::columns(EventTime base) const {
  const Offsets at = offsets_of(shape_, widths_);
  const std::byte* const memory = memory_.data();
  EventColumns columns;
  columns.size = shape_.events;
  if (widths_.time == 4) {
    columns.time.narrow = reinterpret_cast<const std::uint32_t*>(memory);
    columns.time.base = base;
  } else {
    columns.time.wide = reinterpret_cast<const EventTime*>(memory);
  }
  if (widths_.key == 4) {
    columns.key.narrow = reinterpret_cast<const std::uint32_t*>(memory + at.keys);
  } else {
    columns.key.low = reinterpret_cast<const std::uint64_t*>(memory + at.keys);
  }
  if (widths_.key == 16) {
    columns.key.high = reinterpret_cast<const std::uint64_t*>(memory + at.high_keys);
  }
  if (widths_.value == 0) return columns;
  columns.value_count = 1;
  if (widths_.value == 4) {
    columns.values[0].narrow = reinterpret_cast<const std::int32_t*>(memory + at.values);
  } else {
    columns.values[0].bits = reinterpret_cast<const std::int64_t*>(memory + at.values);
  }
  return columns;
}

std::vector<LoadBatch> make_batches(const LoadShape& shape, std::size_t count, Backend* allocator) {
  std::vector<LoadBatch> batches;
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t bytes = LoadBatch::bytes_needed(shape);
    batches.emplace_back(
        shape, b * shape.events,
        allocator == nullptr ? pageable_block(bytes) : allocator->allocate_staging(bytes));
  }
  return batches;
}

LoadLimits::LoadLimits(std::uint32_t panes) : columns_(panes) {
  std::iota(columns_.begin(), columns_.end(), ColumnIndex{0});
  limits.window_count = 1;
  limits.windows[0].spec = {pane_length, pane_length, 0};
  limits.grid_count = 1;
  limits.grids[0] = {{0, pane_length}, 0, 1, 0, panes, 0, columns_.data()};
}

RowLayout row_layout_of(Aggregates aggregates) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  const std::size_t used = aggregates == Aggregates::count       ? 0
                           : aggregates == Aggregates::count_sum ? 1
                                                                 : 3;
  return lay_out_row(std::span(needs).first(used));
}

BackendShape load_backend_shape(BackendKind kind, const RowLayout& layout, std::size_t events,
                                std::size_t keys) {
  constexpr std::size_t most_of_an_h200 = std::size_t{110} << 30;
  const auto memory = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  BackendShape shape;
  shape.layout = layout;
  shape.max_batch_events = events;
  shape.max_keys = std::max<std::size_t>(4096, 2 * keys);
  shape.max_state_bytes = kind == BackendKind::cuda ? most_of_an_h200 : memory / 2;
  return shape;
}

}  // namespace sluice::bench
