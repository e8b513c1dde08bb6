#include "ingest/decode/listed_events.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sluice {

ListedEvents::ListedEvents(const Format& format, const DecodePlan& plan, StagingBlock columns,
                           std::size_t capacity, std::optional<EventFilter> filter)
    : decoder_(format),
      plan_(plan),
      filter_(std::move(filter)),
      events_(std::move(columns), capacity, static_cast<std::uint32_t>(format.values.size())) {}

void ListedEvents::decode(const SourceBlock& block, const RawMessageTable& table,
                          std::span<const ListedEvent> listed) {
  assert(listed.size() + table.left_out().size() <= events_.capacity());
  copies_.clear();
  events_.clear();
  for (const ListedEvent& event : listed) {
    const std::string_view text = text_of(block, table, event);
    copies_.add(block, {event.begin, static_cast<std::uint32_t>(text.size()),
                        table.sources()[event.message]});
  }
  for (const std::uint32_t source : table.left_out()) {
    copies_.add(block, {block.messages[source].begin, block.messages[source].length, source});
  }
  [[maybe_unused]] const std::size_t next = decoder_.decode(copies_.block(), 0, events_);
  assert(next == copies_.block().messages.size());
  if (filter_) filter_->apply(events_, decoder_.filter_columns(), block.now, filtered_);
  note_places(listed);
  restore_extents();
}

std::string_view ListedEvents::document(const SourceBlock& block, const RawMessageTable& table,
                                        const ListedEvent& event) const noexcept {
  std::string_view text = text_of(block, table, event);
  if (plan_.lines && text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// In lines, all before the LF: a CR that ends them is for the decoder to judge.
std::string_view ListedEvents::text_of(const SourceBlock& block, const RawMessageTable& table,
                                       const ListedEvent& event) const noexcept {
  const Message& message = block.messages[table.sources()[event.message]];
  const char* const text = block.text() + event.begin;
  if (plan_.format == RawFormat::rows) return {text, plan_.row_bytes};
  const std::string_view rest(text, block.text() + message.begin + message.length);
  return plan_.lines ? rest.substr(0, rest.find('\n')) : rest;
}

void ListedEvents::note_places(std::span<const ListedEvent> listed) {
  places_.clear();
  lengths_.clear();
  dropped_.clear();
  for (std::size_t event = 0; event < events_.size; ++event) {
    const EventExtent extent = events_.extents[event];
    places_.push_back(listed[extent.message].event);
    lengths_.push_back(extent.length);
  }
  auto place = places_.begin();
  for (const ListedEvent& event : listed) {
    if (place != places_.end() && *place == event.event) {
      ++place;
    } else {
      dropped_.push_back(event.event);
    }
  }
}

void ListedEvents::restore_extents() {
  for (MalformedEvent& event : events_.malformed_events) {
    event.extent = copies_.original(event.extent);
  }
}

ListedColumns ListedEvents::columns() const noexcept {
  return {events_.columns(), places_, lengths_, dropped_};
}

}  // namespace sluice
