#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/staging_block.hpp"

namespace sluice::cuda {

/// Columns in one block of staging memory, as the decoder lays them out: times, integer keys and
/// one value column, a capacity apart.
class PinnedColumns {
 public:
  PinnedColumns(Backend& backend, std::size_t capacity)
      : capacity_(capacity),
        block_(backend.allocate_staging(3 * capacity * sizeof(std::uint64_t))) {}

  /// `size` events from time `first` on, ten to a tick's cycle, of `keys` keys.
  EventColumns wide(EventTime first, std::uint64_t keys, std::size_t size) {
    auto* const time = column<EventTime>(0);
    auto* const low = column<std::uint64_t>(1);
    auto* const bits = column<std::int64_t>(2);
    for (std::size_t i = 0; i < size; ++i) {
      time[i] = first + static_cast<EventTime>(i % 10);
      low[i] = i * 7 % keys;
      bits[i] = static_cast<std::int64_t>(i);
    }
    EventColumns columns = empty(size);
    columns.time.wide = time;
    columns.key.low = low;
    columns.values[0].bits = bits;
    return columns;
  }

  EventColumns narrow(EventTime first, std::uint64_t keys, std::size_t size) {
    auto* const time = column<std::uint32_t>(0);
    auto* const key = column<std::uint32_t>(1);
    auto* const value = column<std::int32_t>(2);
    for (std::size_t i = 0; i < size; ++i) {
      time[i] = static_cast<std::uint32_t>(i % 10);
      key[i] = static_cast<std::uint32_t>(i * 7 % keys);
      value[i] = static_cast<std::int32_t>(i);
    }
    EventColumns columns = empty(size);
    columns.time.narrow = time;
    columns.time.base = first;
    columns.key.narrow = key;
    columns.values[0].narrow = value;
    return columns;
  }

 private:
  template <class T>
  T* column(std::size_t number) {
    return reinterpret_cast<T*>(block_.data() + number * capacity_ * sizeof(std::uint64_t));
  }
  static EventColumns empty(std::size_t size) {
    EventColumns columns;
    columns.size = size;
    columns.value_count = 1;
    columns.in_one_block = true;
    return columns;
  }

  std::size_t capacity_;
  StagingBlock block_;
};

}  // namespace sluice::cuda
