#include "ingest/decode/csv_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace sluice {
namespace {

std::optional<std::size_t> column_of_number(std::string_view path) {
  std::size_t number = 0;
  const char* const end = path.data() + path.size();
  const auto [parsed, error] = std::from_chars(path.data(), end, number);
  if (error != std::errc{} || parsed != end || number == 0) return std::nullopt;
  return number - 1;
}

bool is_empty_line(const char* text, const char* end) {
  text += *text == '\r';
  return text == end || *text == '\n';
}

}  // namespace

CsvDecoder::CsvDecoder(const Format& format)
    : csv_(format.csv),
      framing_(format.framing),
      paths_(FieldPlan(format).paths),
      row_(format.csv, 0),
      fields_(paths_.size()),
      road_(format, TextDialect::csv, MarkFinder::of_csv(csv_.delimiter, csv_.quote),
            CsvCutter(csv_.delimiter)) {
  resolve(format.csv.columns);
}

void CsvDecoder::resolve(std::span<const std::string> names) {
  column_of_field_.clear();
  columns_read_ = 0;
  std::ranges::fill(fields_, Scalar{});
  for (const FieldPath& path : paths_) {
    const auto named = std::ranges::find(names, path.text);
    const std::optional<std::size_t> column = named != names.end()
                                                  ? static_cast<std::size_t>(named - names.begin())
                                                  : column_of_number(path.text);
    column_of_field_.push_back(column);
    if (column) columns_read_ = std::max(columns_read_, *column + 1);
  }
  row_ = CsvRow(csv_, columns_read_);
  road_.cutter().resolve(column_of_field_, road_.spans());
}

const char* CsvDecoder::read_header(const char* text, const char* end) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (std::string_view(text, end).starts_with(byte_order_mark)) text += byte_order_mark.size();
  CsvRow header(csv_, std::numeric_limits<std::size_t>::max());
  header.read(text, end);
  std::vector<std::string> names;
  for (const Scalar& name : header.fields()) names.emplace_back(name.view());
  resolve(names);
  return header.next();
}

std::optional<Malformed> CsvDecoder::read_fields(const char* text, const char* end) {
  row_.read(text, end);
  const std::span<const Scalar> columns = row_.fields();
  if (row_.broken()) return Malformed::syntax;
  if (columns.size() < columns_read_) return Malformed::wrong_length;
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    const std::optional<std::size_t> column = column_of_field_[field];
    if (!column) continue;
    // Member by member: a whole copy would wait for the stores that it spans.
    fields_[field].text = columns[*column].text;
    fields_[field].length = columns[*column].length;
    fields_[field].kind = columns[*column].kind;
    fields_[field].padded = columns[*column].padded;
  }
  return std::nullopt;
}

std::size_t CsvDecoder::decode(const SourceBlock& block, std::size_t index, EventWriter& writer) {
  const Message& message = block.messages[index];
  std::uint32_t begin = message.begin;
  const std::uint32_t end = begin + message.length;
  const bool has_header = csv_.header && message.offset == 0;
  if (has_header) {
    const char* const text = block.text();
    begin = static_cast<std::uint32_t>(read_header(text + begin, text + end) - text);
    if (begin == end) return index + 1;
  }
  if (framing_ == Framing::lines) {
    road_.read_lines(block, index, begin, writer,
                     [&](std::uint32_t line) { return read_line(block, line, end, writer); });
    return index + 1;
  }
  if (has_header) {
    read_message(block, begin, end, writer);
    return index + 1;
  }
  return road_.read_messages(block, index, writer, [&](std::size_t odd) {
    const Message& row = block.messages[odd];
    read_message(block, row.begin, row.begin + row.length, writer);
  });
}

std::uint32_t CsvDecoder::read_line(const SourceBlock& block, std::uint32_t begin,
                                    std::uint32_t end, EventWriter& writer) {
  ++exact_rows_;
  const char* const text = block.text() + begin;
  const auto fault = read_fields(text, block.text() + end);
  if (!is_empty_line(text, block.text() + end)) {
    write_row(fault, begin, static_cast<std::uint32_t>(row_.end() - text), writer);
  }
  return static_cast<std::uint32_t>(row_.next() - block.text());
}

void CsvDecoder::read_message(const SourceBlock& block, std::uint32_t begin, std::uint32_t end,
                              EventWriter& writer) {
  ++exact_rows_;
  const char* const text = block.text() + begin;
  const auto fault = read_fields(text, block.text() + end);
  if (row_.next() != block.text() + end) {
    writer.reject(Malformed::syntax, begin, end - begin);
  } else {
    write_row(fault, begin, static_cast<std::uint32_t>(row_.end() - text), writer);
  }
}

void CsvDecoder::write_row(std::optional<Malformed> fault, std::uint32_t begin,
                           std::uint32_t length, EventWriter& writer) {
  if (fault) {
    writer.reject(*fault, begin, length);
  } else {
    writer.write(fields_, begin, length);
  }
}

std::span<const Scalar> CsvDecoder::fields_of(const SourceBlock& block, const EventExtent& event) {
  const char* const text = block.text() + event.begin;
  read_fields(text, text + event.length);
  return fields_;
}

}  // namespace sluice
