#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/event_extents.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/staging_block.hpp"

namespace sluice {

/// Why an event is malformed.
enum class Malformed : std::uint8_t {
  syntax,         ///< not a document of the format; JSON that is no object
  missing_time,   ///< no event time, or null
  bad_time,       ///< event time of a wrong type, or outside +-2^53 ms
  bad_key,        ///< a key column of a wrong type, or not UTF-8
  bad_value,      ///< a value column of a wrong type
  missing_value,  ///< a required value is missing or null
  out_of_range,   ///< a number that its type cannot hold
  too_precise,    ///< more decimals than the scale
  non_finite,     ///< NaN or infinity
  wrong_length,   ///< a binary message that is no multiple of the row; a CSV line with too few
                  ///< fields
  too_large,      ///< a document beyond what the parser takes
};
inline constexpr std::size_t malformed_reasons = 11;
std::string_view name_of(Malformed reason) noexcept;

/// A malformed event, with enough to name it and to keep its bytes.
struct MalformedEvent {
  EventExtent extent;
  Malformed reason = Malformed::syntax;
  std::string field;  ///< the configured path at fault, or empty
};

/// A decoded batch: owner of the columns a backend stages. Reused; capacity fixed when made.
///
/// Arrays lie in staging memory (pinned with a GPU). A batch holds at most `capacity()` events,
/// malformed ones included; the decoder stops a block there and goes on with the rest in the next
/// batch (see Decoder::decode).
class DecodedEvents {
 public:
  /// Allocates all columns from one staging block of bytes_needed(capacity, value_count).
  DecodedEvents(StagingBlock memory, std::size_t capacity, std::uint32_t value_count);
  static std::size_t bytes_needed(std::size_t capacity, std::uint32_t value_count) noexcept;

  std::size_t capacity() const noexcept { return capacity_; }
  void clear() noexcept;

  /// The columns as they stand; pointers stay valid until clear(). `valid`, `key_high` and
  /// `partition` are null where every event agrees (see EventColumns).
  EventColumns columns() const noexcept;

  /// Have the columns that are written from now on, for the events before them.
  void begin_key_high() noexcept;
  void begin_valid(std::uint32_t value) noexcept;
  void begin_partitions() noexcept;

  /// Keeps the events with keeps[event] != 0, in their order; what has no column gets none. Before
  /// narrow(). @param keeps [size] 1 or 0
  void keep(const std::uint8_t* keeps);

  /// Makes columns narrow, in place, where all of the batch fit; the last thing before it is
  /// staged: `time`, `key_low` and `values` are not to be read from then on, only columns().
  void narrow() noexcept;

  std::size_t size = 0;
  EventTime* time;
  std::uint64_t* key_low;
  std::array<std::int64_t*, max_values> values{};
  // Written only once some event asks for it: see the switches below.
  PartitionIndex* partition;  ///< its first event always
  std::uint64_t* key_high;
  std::array<std::uint8_t*, max_values> valid{};

  bool any_key_high = false;                ///< key_high is written; else all are 0
  std::array<bool, max_values> any_null{};  ///< the column's `valid` is written; else all are 1
  bool one_partition = true;  ///< all events are of partition[0]; else all are written
  EventTime min_time = 0;     ///< over all events, when size > 0
  EventTime max_time = 0;

  EventExtents extents;  ///< [size] the events' bytes
  std::uint64_t tombstones = 0;
  std::array<std::uint64_t, malformed_reasons> malformed{};
  std::vector<MalformedEvent> malformed_events;

 private:
  StagingBlock memory_;
  std::size_t capacity_;
  std::uint32_t value_count_;
  bool narrow_time_ = false;
  bool narrow_key_ = false;
  std::array<bool, max_values> narrow_value_{};
};

}  // namespace sluice
