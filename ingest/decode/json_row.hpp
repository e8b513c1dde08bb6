#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ingest/decode/scalar.hpp"
#include "ingest/decode/text_block.hpp"

namespace sluice {

/// Single rows of a block of JSON documents, each known to be valid if its fields are scalars and
/// its text is UTF-8. Single-threaded.
class JsonRow {
 public:
  /// @param fields of the format
  explicit JsonRow(std::size_t fields) : fields_(fields), unescaped_(TextBlock::most_row_bytes) {}

  /// @param base what places in the block are counted from. @returns whether the row is valid.
  bool read(const char* base, const TextBlock& block, std::size_t row);

  /// Of the row read last; strings live until the next one.
  std::span<const Scalar> fields() const noexcept { return fields_; }

 private:
  std::vector<Scalar> fields_;
  std::vector<char> unescaped_;
};

}  // namespace sluice
