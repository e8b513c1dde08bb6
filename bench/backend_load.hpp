#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/key_draw.hpp"
#include "kernels/backend.hpp"

namespace sluice::bench {

enum class KeyKind : std::uint8_t { dense, hashed };
std::string_view name_of(KeyKind kind) noexcept;

/// What a benchmark's events look like.
struct LoadShape {
  std::size_t events = 0;  ///< a batch
  std::size_t keys = 0;
  Spread spread = Spread::uniform;
  std::uint32_t panes = 1;  ///< that the events are spread over, nearly in order
  KeyKind key_kind = KeyKind::dense;
  unsigned event_bytes = 24;  ///< see widths_of
  friend bool operator==(const LoadShape&, const LoadShape&) = default;
};

/// Bytes of an event in each column; 4 is narrow, a key of 16 is a hash.
struct ColumnWidths {
  unsigned time;
  unsigned key;
  unsigned value;  ///< 0: no value column
};

/// Dense keys: 8 (no value), 12, 16 (only the value is wide), 24 (all wide). Hashed keys: 20 (no
/// value), 24, 28 (the value is wide), 32 (time too).
/// @throws std::invalid_argument for another width.
ColumnWidths widths_of(KeyKind kind, unsigned event_bytes);

inline constexpr Milliseconds pane_length = 1000;

/// Memory that a backend did not allocate: pageable.
StagingBlock pageable_block(std::size_t bytes);

/// Columns of random events, the same for the same shape: time, key and mostly one int64 value
/// within +-10,000.
class LoadBatch {
 public:
  /// @param first_event the number of the batch's first event in the stream
  /// @param memory of bytes_needed(shape)
  LoadBatch(const LoadShape& shape, std::uint64_t first_event, StagingBlock memory);
  static std::size_t bytes_needed(const LoadShape& shape);

  /// @param base added to every time; 0 where times are wide
  EventColumns columns(EventTime base = 0) const;

 private:
  LoadShape shape_;
  ColumnWidths widths_;
  StagingBlock memory_;
};

/// The number that a key stands for in a batch's columns, as (low, high).
struct LoadKey {
  std::uint64_t low;
  std::uint64_t high;
};
LoadKey load_key(KeyKind kind, std::uint64_t key) noexcept;

/// `count` batches after each other, in memory of the backend or (pageable) not.
std::vector<LoadBatch> make_batches(const LoadShape& shape, std::size_t count, Backend* allocator);

/// Limits of one grid with panes 0, 1, ... in the columns of the same number, none closed.
class LoadLimits {
 public:
  explicit LoadLimits(std::uint32_t panes);

  BatchLimits limits;

 private:
  std::vector<ColumnIndex> columns_;
};

/// What a benchmark's rows keep, of value 0.
enum class Aggregates : std::uint8_t { count, count_sum, count_sum_min_max };
std::string_view name_of(Aggregates aggregates) noexcept;
RowLayout row_layout_of(Aggregates aggregates);

/// With max_state_bytes for the whole machine (cpu: half of its memory; cuda: most of an H200's).
BackendShape load_backend_shape(BackendKind kind, const RowLayout& layout, std::size_t events,
                                std::size_t keys);

}  // namespace sluice::bench
