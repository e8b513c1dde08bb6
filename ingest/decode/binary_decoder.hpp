#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Rows of a declared layout, back to back. A message that is no multiple of the row is malformed
/// as a whole, once. `chars` end at their last byte that is not NUL; a boolean is one byte, 0 or 1;
/// a float stands for its shortest decimal form where a decimal or a time asks for it. Nothing is
/// null but a field that the layout does not name.
class BinaryDecoder {
 public:
  explicit BinaryDecoder(const Format& format);

  /// Writes the message's events, up to the first one that the batch has no place for.
  void decode(const SourceBlock& block, const Message& message, EventWriter& writer);

  /// The fields of an event that `decode` wrote.
  std::span<const Scalar> fields_of(const SourceBlock& block, const EventExtent& event);

 private:
  struct Place {
    std::uint32_t begin = 0;  ///< in the row
    std::uint32_t bytes = 0;
    BinaryField::Type type = BinaryField::Type::pad;  ///< pad: not in the layout
  };

  void read_row(const char* row) noexcept;

  ByteOrder order_;
  std::uint32_t row_bytes_ = 0;
  std::vector<Place> places_;  ///< [fields]
  std::vector<Scalar> fields_;
};

}  // namespace sluice
