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
  if (*text == '\r' && text + 1 < end) ++text;
  return *text == '\n';
}

}  // namespace

CsvDecoder::CsvDecoder(const Format& format)
    : csv_(format.csv),
      framing_(format.framing),
      paths_(FieldPlan(format).paths),
      row_(format.csv, 0),
      fields_(paths_.size()) {
  resolve(format.csv.columns);
}

void CsvDecoder::resolve(std::span<const std::string> names) {
  column_of_field_.clear();
  columns_read_ = 0;
  for (const FieldPath& path : paths_) {
    const auto named = std::ranges::find(names, path.text);
    const std::optional<std::size_t> column =
        named != names.end() ? static_cast<std::size_t>(named - names.begin())
                             : column_of_number(path.text);
    column_of_field_.push_back(column);
    if (column) columns_read_ = std::max(columns_read_, *column + 1);
  }
  row_ = CsvRow(csv_, columns_read_);
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

bool CsvDecoder::read_fields(const char* text, const char* end) {
  row_.read(text, end);
  const std::span<const Scalar> columns = row_.fields();
  if (row_.broken() || columns.size() < columns_read_) return false;
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    const std::optional<std::size_t> column = column_of_field_[field];
    fields_[field] = column ? columns[*column] : Scalar{};
  }
  return true;
}

void CsvDecoder::decode(const SourceBlock& block, const Message& message, EventWriter& writer) {
  const char* const block_begin = block.text();
  const char* text = block_begin + message.begin;
  const char* const end = text + message.length;
  const auto position = [block_begin](const char* place) {
    return static_cast<std::uint32_t>(place - block_begin);
  };
  if (csv_.header && message.offset == 0) {
    text = read_header(text, end);
    if (text == end) return;
  }
  if (framing_ == Framing::message) {
    const bool complete = read_fields(text, end);
    if (complete && row_.next() == end) {
      writer.write(fields_, position(text), position(row_.end()) - position(text));
    } else {
      const bool too_short = !row_.broken() && row_.next() == end;
      writer.reject(too_short ? Malformed::wrong_length : Malformed::syntax, position(text),
                    position(end) - position(text));
    }
    return;
  }
  for (; text < end && !writer.overflowed(); text = row_.next()) {
    if (is_empty_line(text, end)) {
      row_.read(text, end);
      continue;
    }
    const bool complete = read_fields(text, end);
    const std::uint32_t length = position(row_.end()) - position(text);
    if (complete) {
      writer.write(fields_, position(text), length);
    } else {
      writer.reject(row_.broken() ? Malformed::syntax : Malformed::wrong_length, position(text),
                    length);
    }
  }
}

std::span<const Scalar> CsvDecoder::fields_of(const SourceBlock& block, const EventExtent& event) {
  const char* const text = block.text() + event.begin;
  read_fields(text, text + event.length);
  return fields_;
}

}  // namespace sluice
