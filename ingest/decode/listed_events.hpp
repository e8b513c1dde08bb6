#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/copied_messages.hpp"
#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/raw_messages.hpp"
#include "ingest/filter/event_filter.hpp"
#include "ingest/source_block.hpp"
#include "kernels/raw_events.hpp"

namespace sluice {

/// Decodes, with the host's decoder, the events that a backend left to the host, and the messages
/// that it never saw: copied out of their block, one a message. Single-threaded; reused.
class ListedEvents {
 public:
  /// @param columns of DecodedEvents::bytes_needed(capacity, values)
  /// @param filter takes events out of what was decoded, by the block's clock
  ListedEvents(const Format& format, const DecodePlan& plan, StagingBlock columns,
               std::size_t capacity, std::optional<EventFilter> filter = std::nullopt);

  /// @param listed with the table's left-out messages at most `capacity` events
  void decode(const SourceBlock& block, const RawMessageTable& table,
              std::span<const ListedEvent> listed);

  /// Of the listed events, for the backend; views this object.
  ListedColumns columns() const noexcept;
  EventTime min_time() const noexcept { return events_.min_time; }
  EventTime max_time() const noexcept { return events_.max_time; }
  std::size_t accepted() const noexcept { return events_.size; }
  /// What the filter took out of them.
  const FilteredEvents& filtered() const noexcept { return filtered_; }

  /// Counts by reason, and the events with their places in the block.
  const std::array<std::uint64_t, malformed_reasons>& malformed() const noexcept {
    return events_.malformed;
  }
  const std::vector<MalformedEvent>& malformed_events() const noexcept {
    return events_.malformed_events;
  }

  /// The bytes of a listed event without a line end, for learning shapes from; views the block.
  std::string_view document(const SourceBlock& block, const RawMessageTable& table,
                            const ListedEvent& event) const noexcept;

 private:
  std::string_view text_of(const SourceBlock& block, const RawMessageTable& table,
                           const ListedEvent& event) const noexcept;
  void note_places(std::span<const ListedEvent> listed);
  void restore_extents();

  Decoder decoder_;
  DecodePlan plan_;
  std::optional<EventFilter> filter_;
  CopiedMessages copies_;
  DecodedEvents events_;
  std::vector<std::uint32_t> places_;
  std::vector<std::uint32_t> lengths_;
  std::vector<std::uint32_t> dropped_;
  FilteredEvents filtered_;
};

}  // namespace sluice
