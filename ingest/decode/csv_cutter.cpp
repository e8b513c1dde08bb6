#include "ingest/decode/csv_cutter.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr std::uint32_t nowhere = 0;

}  // namespace

void CsvCutter::resolve(std::span<const std::optional<std::size_t>> columns, TextSpans& spans) {
  places_.clear();
  needed_ = 0;
  fields_ = columns.size();
  for (std::size_t field = 0; field < fields_; ++field) {
    std::fill_n(spans.of(field), TextBlock::most, TextSpan{});
    if (!columns[field]) continue;
    places_.push_back({field, *columns[field]});
    needed_ = std::max(needed_, *columns[field]);
  }
  delimiters_ = needed_;
}

bool CsvCutter::knows(TextView, const MarkedRows& rows, const MarkFinder::Sight& sight,
                      std::uint64_t line_ends, std::uint64_t carriage_returns) const noexcept {
  // With all LF and CR accounted for, and no quotes, the marks in the rows are delimiters.
  if (sight.quotes != 0 || sight.line_ends != line_ends ||
      sight.carriage_returns != carriage_returns) {
    return false;
  }
  if (delimiters_ > 0) return true;
  // Rows of one column may be empty lines.
  for (std::size_t row = 0; row < rows.size; ++row) {
    const std::uint32_t* const mark = rows.of(row);
    if (mark[0] == mark[-1] + 1) return false;
  }
  return true;
}

void CsvCutter::lay_out(const MarkedRows& rows, TextBlock& block) const {
  block.fields.assign(fields_, {&nowhere, &nowhere});
  for (const auto [field, column] : places_) {
    const std::uint32_t* const end = rows.marks + column;
    block.fields[field] = {end - 1, end, rows.stride, 1, 0};
  }
}

bool CsvCutter::cut(TextView text, std::uint32_t* mark, const std::uint32_t* marks_end,
                    std::uint32_t text_end, TextSpans& spans, std::size_t row,
                    TextCut& cut) noexcept {
  std::uint32_t* last = mark;
  while (last != marks_end && *last != text_end && text.base[*last] == delimiter_) ++last;
  if (last == marks_end || !end_line(text.base, last, marks_end, text_end, cut)) return false;
  const auto found = static_cast<std::size_t>(last - mark);
  delimiters_ = std::max(found, needed_);
  if (found < needed_ || *last == mark[-1] + 1) return false;
  for (const auto [field, column] : places_) {
    const std::uint32_t* const end = mark + column;
    spans.of(field)[row] = {end[-1] + 1, *end};
  }
  return true;
}

}  // namespace sluice
