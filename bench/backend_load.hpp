#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace sluice::bench {

enum class KeyKind : std::uint8_t { dense, hashed };
enum class Skew : std::uint8_t { uniform, zipf };

/// What a benchmark's events look like.
struct LoadShape {
  std::size_t events = 0;
  std::size_t keys = 0;
  Skew skew = Skew::uniform;
  std::uint32_t panes = 1;  ///< that the events are spread over, nearly in order
  KeyKind key_kind = KeyKind::dense;
};

inline constexpr Milliseconds pane_length = 1000;

/// Columns of random events, made from a seed: time, key and one int64 value.
class LoadBatch {
 public:
  LoadBatch(const LoadShape& shape, std::uint64_t seed);

  EventColumns columns() const;
  /// What a backend reads of an event: time, key and value.
  std::size_t bytes_per_event() const { return high_.empty() ? 24 : 32; }

 private:
  std::vector<EventTime> time_;
  std::vector<std::uint64_t> low_;
  std::vector<std::uint64_t> high_;
  std::vector<std::int64_t> value_;
};

/// Limits of one grid with panes 0, 1, ... in the columns of the same number, none closed.
class LoadLimits {
 public:
  explicit LoadLimits(std::uint32_t panes);

  BatchLimits limits;

 private:
  std::vector<ColumnIndex> columns_;
};

/// count, sum, minimum and maximum of value 0.
RowLayout count_sum_minimum_maximum();
/// count and sum of value 0: has an inverse.
RowLayout count_sum();

/// Runs a benchmark program: `add` adds its benchmarks for each backend that runs on this machine.
/// @returns the exit code
int run_on_every_backend(int argc, char** argv, void (*add)(BackendKind));

BackendShape load_backend_shape(const RowLayout& layout, std::size_t events, std::size_t keys);

}  // namespace sluice::bench
