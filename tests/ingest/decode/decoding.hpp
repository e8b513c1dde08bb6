#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/key.hpp"
#include "ingest/source_block.hpp"

/// Builders for the tests of the decoders.
namespace sluice::testing {

inline StagingBlock make_staging(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

/// A block of these messages, back to back, offsets from 1 on, timestamps 1000. The padding is of
/// digits, which a parser that depends on it would take for more of a number.
inline SourceBlock block_of(const std::vector<std::string>& payloads) {
  SourceBlock block;
  for (const std::string& payload : payloads) {
    Message message;
    message.begin = static_cast<std::uint32_t>(block.used);
    message.length = static_cast<std::uint32_t>(payload.size());
    message.offset = static_cast<std::int64_t>(block.messages.size()) + 1;
    message.timestamp = 1000;
    block.messages.push_back(message);
    block.used += payload.size();
  }
  block.memory = make_staging(block.used + block_padding);
  auto* next = reinterpret_cast<char*>(block.memory.data());
  for (const std::string& payload : payloads) next += payload.copy(next, payload.size());
  std::memset(next, '7', block_padding);
  return block;
}

inline DecodedEvents make_events(const Format& format, std::size_t capacity) {
  const auto values = static_cast<std::uint32_t>(format.values.size());
  return {make_staging(DecodedEvents::bytes_needed(capacity, values) + 1), capacity, values};
}

inline FieldPath path(std::string text) {
  FieldPath path{text, {}};
  for (std::size_t dot; (dot = text.find('.')) != std::string::npos; text.erase(0, dot + 1)) {
    path.members.push_back(text.substr(0, dot));
  }
  path.members.push_back(text);
  return path;
}

inline KeyField key(const std::string& text, KeyType type = KeyType::as_it_came) {
  return {path(text), text, type};
}

inline ValueField int64_value(const std::string& text) {
  return {path(text), text, ValueType::int64, 0, false};
}
inline ValueField double_value(const std::string& text) {
  return {path(text), text, ValueType::float64, 0, false};
}
inline ValueField decimal_value(const std::string& text, unsigned scale) {
  return {path(text), text, ValueType::decimal, scale, false};
}

/// Event time in the field `t`, nothing else.
inline Format format_of(FormatType type, Framing framing) {
  Format format;
  format.type = type;
  format.framing = framing;
  format.event_time.path = path("t");
  return format;
}

/// Everything that one decoder makes of some messages.
class Decoding {
 public:
  explicit Decoding(const Format& format, std::size_t capacity = 1000)
      : decoder_(format), events_(make_events(format, capacity)) {}

  /// Decodes from the first message on, into cleared events. @returns the first message not
  /// decoded.
  std::size_t run(const std::vector<std::string>& payloads) { return run(block_of(payloads), 0); }
  std::size_t run(SourceBlock block, std::size_t first_message) {
    block_ = std::move(block);
    events_.clear();
    return decoder_.decode(block_, first_message, events_);
  }

  const DecodedEvents& events() const { return events_; }
  DecodedEvents& events() { return events_; }
  const SourceBlock& block() const { return block_; }
  std::span<const FilterColumn> filter_columns() const { return decoder_.filter_columns(); }

  std::string key_of(std::size_t event) { return decoder_.key_of(block_, events_.extents[event]); }
  /// The key's columns as text: null, 7, "7", true.
  std::string key_text(std::size_t event) {
    std::string text;
    const std::string encoded = key_of(event);
    for (const KeyScalar& column : decode_key(encoded)) {
      if (!text.empty()) text += ',';
      if (const auto* integer = std::get_if<std::int64_t>(&column)) {
        text += std::to_string(*integer);
      } else if (const auto* string = std::get_if<std::string_view>(&column)) {
        text += '"';
        text += *string;
        text += '"';
      } else if (const auto* boolean = std::get_if<bool>(&column)) {
        text += *boolean ? "true" : "false";
      } else {
        text += "null";
      }
    }
    return text;
  }

  std::optional<std::int64_t> bits(std::size_t column, std::size_t event) const {
    const ValueColumn values = events_.columns().values[column];
    if (values.valid != nullptr && values.valid[event] == 0) return std::nullopt;
    return values[event];
  }
  std::optional<double> real(std::size_t column, std::size_t event) const {
    const auto found = bits(column, event);
    if (!found) return std::nullopt;
    return std::bit_cast<double>(*found);
  }

  /// The original bytes of an event, accepted or not.
  std::string_view bytes_of(const EventExtent& extent) const {
    return {block_.text() + extent.begin, extent.length};
  }

  /// "ok" or "reason" or "reason field" of a single message's single event.
  std::string verdict(const std::string& payload) {
    run({payload});
    if (events_.size + events_.malformed_events.size() != 1) return "not one event";
    if (events_.size == 1) return "ok";
    const MalformedEvent& event = events_.malformed_events[0];
    std::string text(name_of(event.reason));
    if (!event.field.empty()) text.append(" ").append(event.field);
    return text;
  }

 private:
  Decoder decoder_;
  SourceBlock block_;
  DecodedEvents events_;
};

}  // namespace sluice::testing
