#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ingest/decode/event_extents.hpp"

namespace sluice {

/// How a format writes scalars.
enum class TextDialect : std::uint8_t { json, csv };

/// Where a field's text lies in the block; a JSON string with its quotes. Ends at 0: missing.
struct TextSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Where a field's text lies in each row: at a fixed distance from places that are known.
struct FieldTexts {
  const std::uint32_t* begins = nullptr;  ///< of row 0
  const std::uint32_t* ends = nullptr;
  std::size_t stride = 0;  ///< from one row's place to the next one's
  std::uint32_t begin_shift = 0;
  std::uint32_t end_shift = 0;

  void skip(std::size_t rows) noexcept {
    begins += rows * stride;
    ends += rows * stride;
  }
  TextSpan operator[](std::size_t row) const noexcept {
    return {begins[row * stride] + begin_shift, ends[row * stride] + end_shift};
  }
};

/// Rows of text, of one partition, that were cut into fields, on their way into columns.
struct TextBlock {
  /// Rows that are read together: they and their columns stay in the first-level cache.
  static constexpr std::size_t most = 256;
  static constexpr std::uint32_t most_row_bytes = 8192;

  std::size_t size = 0;
  bool valid_utf8 = false;  ///< whether all of the rows' text is known to be
  bool escaped = false;     ///< JSON: whether strings may have escapes (skip_json_escape)
  std::array<EventExtent, most> extents;
  /// The fields of the format; behind them, in JSON, scalars that nobody reads, but that must be
  /// valid, and no strings.
  std::vector<FieldTexts> fields;
};

}  // namespace sluice
