#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/json_cutter.hpp"
#include "ingest/decode/json_fields.hpp"
#include "ingest/decode/json_row.hpp"
#include "ingest/decode/text_road.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// JSON documents, one a message or one a line. Documents of a shape seen before are read by blocks
/// (TextRoad, JsonShape), all others one by one by simdjson's DOM parser (JsonFields); which of the
/// two it was never shows in the result.
class JsonDecoder {
 public:
  explicit JsonDecoder(const Format& format);

  /// Writes the events of message `index`, and maybe of some behind it, up to the first one that
  /// the batch has no place for. @returns the first message not read.
  std::size_t decode(const SourceBlock& block, std::size_t index, EventWriter& writer);

  /// The fields of an event that `decode` wrote.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

  /// Documents that the parser had to read; for tests and benchmarks.
  std::uint64_t parsed_documents() const noexcept { return parsed_documents_; }

 private:
  /// @returns the begin of the next line.
  std::uint32_t read_line(const SourceBlock& block, std::uint32_t begin, std::uint32_t end,
                          EventWriter& writer);
  void read_document(std::string_view document, std::uint32_t begin, EventWriter& writer);

  Framing framing_;
  JsonFields parser_;
  std::vector<Scalar> fields_;
  std::vector<const char*> sources_;
  JsonRow row_;
  TextRoad<JsonCutter> road_;
  std::uint64_t parsed_documents_ = 0;
};

}  // namespace sluice
