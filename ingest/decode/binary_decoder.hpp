#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/decode/binary_columns.hpp"
#include "ingest/decode/binary_row.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Rows of a declared layout (BinaryRow), back to back. A message that is no multiple of the row is
/// malformed as a whole, once. Blocks of rows are read column by column (BinaryColumns), and those
/// with something malformed in them again, row by row.
class BinaryDecoder {
 public:
  explicit BinaryDecoder(const Format& format);

  /// Writes the events of message `index`, up to the first one that the batch has no place for.
  /// @returns the next message.
  std::size_t decode(const SourceBlock& block, std::size_t index, EventWriter& writer);

  /// The fields of an event that `decode` wrote.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

 private:
  void read_row(const char* row) noexcept;

  BinaryRow row_;
  BinaryColumns columns_;
  std::vector<Scalar> fields_;
};

}  // namespace sluice
