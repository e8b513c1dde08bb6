#include "ingest/decode/listed_events.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace sluice {
namespace {

constexpr std::size_t first_bytes = 64 * 1024;

StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

}  // namespace

ListedEvents::ListedEvents(const Format& format, const DecodePlan& plan, StagingBlock columns,
                           std::size_t capacity)
    : decoder_(format),
      plan_(plan),
      events_(std::move(columns), capacity, static_cast<std::uint32_t>(format.values.size())) {
  copies_.memory = plain_memory(first_bytes + block_padding);
}

void ListedEvents::decode(const SourceBlock& block, const RawMessageTable& table,
                          std::span<const ListedEvent> listed) {
  assert(listed.size() + table.left_out().size() <= events_.capacity());
  copies_.clear();
  originals_.clear();
  events_.clear();
  for (const ListedEvent& event : listed) {
    const std::string_view text = text_of(block, table, event);
    copy(block, event.begin, static_cast<std::uint32_t>(text.size()),
         table.sources()[event.message]);
  }
  for (const std::uint32_t source : table.left_out()) {
    copy(block, block.messages[source].begin, block.messages[source].length, source);
  }
  [[maybe_unused]] const std::size_t next = decoder_.decode(copies_, 0, events_);
  assert(next == copies_.messages.size());
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

void ListedEvents::copy(const SourceBlock& block, std::uint32_t begin, std::uint32_t length,
                        std::uint32_t source) {
  if (copies_.used + length > copies_.capacity()) {
    StagingBlock larger = plain_memory(2 * (copies_.used + length) + block_padding);
    std::memcpy(larger.data(), copies_.memory.data(), copies_.used);
    copies_.memory = std::move(larger);
  }
  std::memcpy(copies_.memory.data() + copies_.used, block.text() + begin, length);
  Message message = block.messages[source];
  originals_.push_back({begin, length, source});
  message.begin = static_cast<std::uint32_t>(copies_.used);
  message.length = length;
  ++message.offset;  // none is the first of its partition, which may hold a header
  copies_.messages.push_back(message);
  copies_.used += length;
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
    const Message& copied = copies_.messages[event.extent.message];
    const EventExtent& original = originals_[event.extent.message];
    event.extent.begin = event.extent.begin - copied.begin + original.begin;
    event.extent.message = original.message;
  }
}

ListedColumns ListedEvents::columns() const noexcept {
  return {events_.columns(), places_, lengths_, dropped_};
}

}  // namespace sluice
