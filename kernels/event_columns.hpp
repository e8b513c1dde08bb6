#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/types.hpp"

namespace sluice {

enum class ValueType : std::uint8_t { int64, decimal, float64 };

/// One value column. `bits` holds an int64, a decimal's scaled int64, or the bits of a double
/// (finite unless the job allows others; never -0). `valid` is 1 per present value, 0 per null;
/// nullptr when no value of the batch is null.
struct ValueColumn {
  const std::int64_t* bits = nullptr;   ///< [size]
  const std::uint8_t* valid = nullptr;  ///< [size] or nullptr
};

/// A batch's events as columns (struct of arrays): non-owning, trivially copyable, in host memory
/// until a backend stages it.
///
/// A key is (low, high), compared exactly. A single integer key column gives (value, 0); see
/// ingest/key.hpp for the others. Malformed events and tombstones are not in the columns.
struct EventColumns {
  std::size_t size = 0;
  const EventTime* time = nullptr;            ///< [size]
  const PartitionIndex* partition = nullptr;  ///< [size], or nullptr: all of `single_partition`
  PartitionIndex single_partition = 0;
  const std::uint64_t* key_low = nullptr;   ///< [size]
  const std::uint64_t* key_high = nullptr;  ///< [size], or nullptr: all 0
  std::uint32_t value_count = 0;
  ValueColumn values[max_values];
};

}  // namespace sluice
