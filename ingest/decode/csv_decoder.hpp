#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/decode/csv_row.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// CSV rows (CsvRow), one a message or many lines a message; empty lines between rows are skipped.
///
/// A path is a column's name, or else its 1-based number. Names come from CsvFormat::columns and,
/// with a header, from the first line of each message at offset 0, which is no event. A name that
/// no header has is a missing value in every row; a row that ends before a column that is read is
/// wrong_length.
class CsvDecoder {
 public:
  explicit CsvDecoder(const Format& format);

  /// Writes the message's events, up to the first one that the batch has no place for.
  void decode(const SourceBlock& block, const Message& message, EventWriter& writer);

  /// The fields of an event that `decode` wrote, with the header seen last.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

 private:
  void resolve(std::span<const std::string> names);
  const char* read_header(const char* text, const char* end);
  std::optional<Malformed> read_fields(const char* text, const char* end);
  void write_row(std::optional<Malformed> fault, std::uint32_t begin, std::uint32_t length,
                 EventWriter& writer);

  CsvFormat csv_;
  Framing framing_;
  std::vector<FieldPath> paths_;
  std::vector<std::optional<std::size_t>> column_of_field_;
  std::size_t columns_read_ = 0;  ///< up to the last one that a field is in
  CsvRow row_;
  std::vector<Scalar> fields_;
};

}  // namespace sluice
