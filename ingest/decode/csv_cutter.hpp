#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ingest/decode/marks.hpp"
#include "ingest/decode/text_cut.hpp"

namespace sluice {

/// Makes out the fields of CSV rows without quotes by their delimiters (TextRoad). Rows with
/// quotes, with a CR inside, with too few columns, and empty lines, are not for it.
class CsvCutter {
 public:
  explicit CsvCutter(char delimiter) : delimiter_(delimiter) {}

  /// @param columns [fields] the column that each field is in, from 0; nullopt: in none
  void resolve(std::span<const std::optional<std::size_t>> columns, TextSpans& spans);

  bool ready() const noexcept { return true; }
  std::size_t marks() const noexcept { return delimiters_; }
  bool knows(TextView text, const MarkedRows& rows, const MarkFinder::Sight& sight,
             std::uint64_t line_ends, std::uint64_t carriage_returns) const noexcept;
  void lay_out(const MarkedRows& rows, TextBlock& block) const;
  bool cut(TextView text, std::uint32_t* mark, const std::uint32_t* marks_end,
           std::uint32_t text_end, TextSpans& spans, std::size_t row, TextCut& cut) noexcept;

 private:
  struct Place {
    std::size_t field;
    std::size_t column;
  };

  char delimiter_;
  std::size_t fields_ = 0;
  std::vector<Place> places_;   ///< of the fields that are in some column
  std::size_t needed_ = 0;      ///< delimiters that a row must have
  std::size_t delimiters_ = 0;  ///< and those that the last one had
};

}  // namespace sluice
