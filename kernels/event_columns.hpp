#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice {

enum class ValueType : std::uint8_t { int64, decimal, float64 };

/// Event times, wide or as distances from a base: one of the two pointers is set.
struct TimeColumn {
  const EventTime* wide = nullptr;        ///< [size]
  const std::uint32_t* narrow = nullptr;  ///< [size] time - base
  EventTime base = 0;

  SLUICE_HD EventTime operator[](std::size_t i) const noexcept {
    return narrow == nullptr ? wide[i] : base + static_cast<EventTime>(narrow[i]);
  }
};

/// Keys: (low, high), compared exactly. A single integer key column gives (value, 0), and is narrow
/// where every key of the batch is below 2^32; see ingest/key.hpp for the others.
struct KeyColumn {
  const std::uint64_t* low = nullptr;     ///< [size], unless narrow
  const std::uint64_t* high = nullptr;    ///< [size], or nullptr: all 0
  const std::uint32_t* narrow = nullptr;  ///< [size] the key, or nullptr

  SLUICE_HD std::uint64_t low_of(std::size_t i) const noexcept {
    return narrow == nullptr ? low[i] : narrow[i];
  }
  SLUICE_HD std::uint64_t high_of(std::size_t i) const noexcept {
    return high == nullptr ? 0 : high[i];
  }
};

/// One value column: an int64, a decimal's scaled int64, or the bits of a double (finite unless the
/// job allows others; never -0). Integers and decimals are narrow where all of the batch fit.
struct ValueColumn {
  const std::int64_t* bits = nullptr;    ///< [size], unless narrow
  const std::uint8_t* valid = nullptr;   ///< [size] 1 per present value, or nullptr: none is null
  const std::int32_t* narrow = nullptr;  ///< [size] the value, or nullptr

  SLUICE_HD bool is_set() const noexcept { return bits != nullptr || narrow != nullptr; }
  SLUICE_HD std::int64_t operator[](std::size_t i) const noexcept {
    return narrow == nullptr ? bits[i] : narrow[i];
  }
};

/// A batch's events as columns (struct of arrays): non-owning, trivially copyable, in host memory
/// until a backend stages it. Malformed events and tombstones are not in the columns.
///
/// A column of a batch is wide or narrow as a whole: narrow ones halve what goes over the link to a
/// GPU, and what a core reads. The results are the same.
struct EventColumns {
  std::size_t size = 0;
  TimeColumn time;
  const PartitionIndex* partition = nullptr;  ///< [size], or nullptr: all of `single_partition`
  PartitionIndex single_partition = 0;
  KeyColumn key;
  std::uint32_t value_count = 0;
  /// All columns lie in one StagingBlock: the bytes between two of them may be copied, too.
  bool in_one_block = false;
  ValueColumn values[max_values];
};

/// Bytes an event of a column that is staged; a value's `valid` is not counted.
SLUICE_HD constexpr std::size_t time_bytes_of(const EventColumns& events) noexcept {
  return events.time.narrow != nullptr ? sizeof(std::uint32_t) : sizeof(EventTime);
}
SLUICE_HD constexpr std::size_t key_bytes_of(const EventColumns& events) noexcept {
  if (events.key.narrow != nullptr) return sizeof(std::uint32_t);
  return (events.key.high == nullptr ? 1 : 2) * sizeof(std::uint64_t);
}
SLUICE_HD constexpr std::size_t value_bytes_of(const ValueColumn& column) noexcept {
  return column.narrow != nullptr ? sizeof(std::int32_t) : sizeof(std::int64_t);
}

}  // namespace sluice
