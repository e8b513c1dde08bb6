#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/decode_plan.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/filter_plan.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// Where the messages of a block lie, as columns: non-owning, in host memory until a backend stages
/// it. Messages that hold no events (tombstones, truncated ones, rows of a wrong length) are left
/// out. Ascending, without overlaps; bytes between them belong to nobody.
struct RawMessages {
  std::uint32_t size = 0;
  const std::uint32_t* begin = nullptr;   ///< [size] first byte in the block
  const std::uint32_t* length = nullptr;  ///< [size] bytes
  /// [size] rows only: events in the messages before; or nullptr: one event a message.
  const std::uint32_t* first_event = nullptr;
  const PartitionIndex* partition = nullptr;  ///< [size], or nullptr: all of `single_partition`
  PartitionIndex single_partition = 0;
  const EventTime* timestamp = nullptr;  ///< [size] the transport's; nullptr: the plan reads none
};

/// A batch as it was read, for a backend that decodes it. Non-owning.
struct RawEvents {
  const char* bytes = nullptr;  ///< pinned memory, raw_padding more bytes can be read
  std::uint32_t size = 0;       ///< bytes
  RawMessages messages;
  std::uint32_t rows = 0;  ///< rows only: events in all messages
  /// Of the future guard: the filter takes out no event later than this.
  EventTime future_after = end_of_time;
};

/// Bytes behind the last message that a backend may read and never depends on.
inline constexpr std::size_t raw_padding = 64;

/// What a backend needs to decode: fixed for its life.
struct RawShape {
  DecodePlan plan;
  std::size_t max_bytes = 0;     ///< largest RawEvents::size
  std::size_t max_messages = 0;  ///< largest RawMessages::size
  std::size_t partitions = 1;    ///< every PartitionIndex is below; asked for by a filter only
  std::optional<FilterPlan> filter{};
};

/// An event that the backend left to the host: it may be malformed, or is beyond what the exact
/// short ways of a device read.
struct ListedEvent {
  std::uint32_t event;    ///< its place in the batch
  std::uint32_t begin;    ///< first byte in the block
  std::uint32_t message;  ///< index in RawMessages
};

/// How many events of a batch may be listed at most; with more, the backend refuses it.
constexpr std::size_t most_listed(std::size_t max_batch_events) noexcept {
  return std::max<std::size_t>(max_batch_events / 16, 1'024);
}

/// What a backend made of a raw batch.
struct RawOutcome {
  /// The batch has to be decoded by the host, all of it: more events than it holds, too many to be
  /// listed, or lines that only a parser can tell apart (CSV with quotes).
  bool refused = false;
  std::uint32_t events = 0;           ///< places, those of listed events included
  std::vector<ListedEvent> listed{};  ///< ascending
  std::uint64_t filtered = 0;         ///< events that the filter took out, none of them listed
  std::vector<PartitionMaximum> filtered_maxima{};  ///< of their partitions, each once
  EventTime min_time = 0;  ///< over those neither listed nor filtered, if there are any
  EventTime max_time = 0;
};

/// What the host made of the listed events. Borrowed until the batch is released.
struct ListedColumns {
  EventColumns events;                     ///< neither malformed nor filtered
  std::span<const std::uint32_t> places;   ///< [events.size] ListedEvent::event
  std::span<const std::uint32_t> lengths;  ///< [events.size] bytes
  std::span<const std::uint32_t> dropped;  ///< ascending: ListedEvent::event of those that are none
};

/// Where an event's bytes are.
struct RawExtent {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t message = 0;  ///< index in RawMessages
  friend bool operator==(const RawExtent&, const RawExtent&) = default;
};

}  // namespace sluice
