#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/decode/csv_cutter.hpp"
#include "ingest/decode/csv_row.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/text_road.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// CSV rows, one a message or many lines a message; empty lines between rows are skipped. Plain
/// rows are read by blocks (TextRoad), all others one by one (CsvRow); which of the two it was
/// never shows in the result.
///
/// A path is a column's name, or else its 1-based number. Names come from CsvFormat::columns and,
/// with a header, from the first line of each message at offset 0, which is no event. A name that
/// no header has is a missing value in every row; a row that ends before a column that is read is
/// wrong_length.
class CsvDecoder {
 public:
  explicit CsvDecoder(const Format& format);

  /// Writes the events of message `index`, and maybe of some behind it, up to the first one that
  /// the batch has no place for. @returns the first message not read.
  std::size_t decode(const SourceBlock& block, std::size_t index, EventWriter& writer);

  /// The fields of an event that `decode` wrote, with the header seen last.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

  /// Rows that went the exact road; for tests and benchmarks.
  std::uint64_t exact_rows() const noexcept { return exact_rows_; }

 private:
  void resolve(std::span<const std::string> names);
  const char* read_header(const char* text, const char* end);
  std::optional<Malformed> read_fields(const char* text, const char* end);
  /// Reads one line, or all of a message. @returns the begin of the next line.
  std::uint32_t read_line(const SourceBlock& block, std::uint32_t begin, std::uint32_t end,
                          EventWriter& writer);
  void read_message(const SourceBlock& block, std::uint32_t begin, std::uint32_t end,
                    EventWriter& writer);
  void write_row(std::optional<Malformed> fault, std::uint32_t begin, std::uint32_t length,
                 EventWriter& writer);

  CsvFormat csv_;
  Framing framing_;
  std::vector<FieldPath> paths_;
  std::vector<std::optional<std::size_t>> column_of_field_;
  std::size_t columns_read_ = 0;  ///< up to the last one that a field is in
  CsvRow row_;
  std::vector<Scalar> fields_;
  TextRoad<CsvCutter> road_;
  std::uint64_t exact_rows_ = 0;
};

}  // namespace sluice
