#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/json_fields.hpp"
#include "ingest/decode/json_shape.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// JSON documents, one a message or one a line. Documents of a shape seen before are read by that
/// shape (JsonShape), all others by simdjson's DOM parser (JsonFields); which of the two it was
/// never shows in the result.
class JsonDecoder {
 public:
  explicit JsonDecoder(const Format& format);

  /// Writes the message's events, up to the first one that the batch has no place for.
  void decode(const SourceBlock& block, const Message& message, EventWriter& writer);

  /// The fields of an event that `decode` wrote.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

  /// Documents that the parser had to read; for tests and benchmarks.
  std::uint64_t parsed_documents() const noexcept { return parsed_documents_; }

 private:
  // Tried most recent first. A few suffice for what one topic mixes, and a miss stays cheap.
  static constexpr std::size_t max_shapes = 4;
  static constexpr std::size_t remembered_misses = 8;
  // Where shapes do not repeat, learning is tried on few documents only.
  static constexpr std::uint64_t max_credit = 1024;
  static constexpr std::uint64_t sampled_without_credit = 16;

  void decode_lines(const SourceBlock& block, const Message& message, EventWriter& writer);
  void decode_document(std::string_view document, std::uint32_t begin, EventWriter& writer);
  const char* match_shape(const char* text, const char* end) noexcept;
  void learn(std::string_view document);
  void move_to_front(std::size_t place) noexcept;

  Framing framing_;
  JsonFields parser_;
  std::vector<Scalar> fields_;
  std::vector<const char*> sources_;
  std::vector<JsonShape> shapes_;
  std::vector<std::uint64_t> fingerprints_;       ///< [shapes_]
  std::array<std::uint8_t, max_shapes> order_{};  ///< indices into shapes_, most recent first
  std::array<std::uint64_t, remembered_misses> misses_{};
  std::size_t next_miss_ = 0;
  std::uint64_t credit_ = max_credit;  ///< learning spends it, matching earns it
  std::uint64_t parsed_documents_ = 0;
};

}  // namespace sluice
