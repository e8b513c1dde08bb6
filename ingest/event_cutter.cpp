#include "ingest/event_cutter.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_quoted_bytes = std::size_t{1} << 20;

std::size_t whole_lines(std::string_view text) {
  const std::size_t last = text.rfind('\n');
  return last == npos ? 0 : last + 1;
}

std::size_t first_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == npos ? 0 : end + 1;
}

}  // namespace

EventCutter::EventCutter(const Format& format)
    : type_(format.type),
      joins_events_(format.type != FormatType::json || format.framing == Framing::lines),
      delimiter_(format.csv.delimiter),
      quote_(format.csv.quote) {
  for (const BinaryField& field : format.binary.layout) {
    row_bytes_ += field.bytes;
  }
  row_bytes_ = std::max<std::size_t>(row_bytes_, 1);
}

std::size_t EventCutter::whole_events(std::string_view text) const noexcept {
  switch (type_) {
    case FormatType::json:
      return whole_lines(text);
    case FormatType::csv:
      return whole_csv_lines(text);
    case FormatType::binary:
      return text.size() / row_bytes_ * row_bytes_;
  }
  return 0;
}

std::size_t EventCutter::first_event(std::string_view text) const noexcept {
  switch (type_) {
    case FormatType::json:
      return first_line(text);
    case FormatType::csv:
      return first_csv_line(text);
    case FormatType::binary:
      return text.size() < row_bytes_ ? 0 : row_bytes_;
  }
  return 0;
}

std::size_t EventCutter::whole_csv_lines(std::string_view text) const noexcept {
  std::size_t whole = 0;
  std::size_t from = 0;
  while (true) {
    const std::size_t opening = opening_quote(text, from);
    const std::size_t lines = whole_lines(text.substr(from, opening - from));
    whole = lines == 0 ? whole : from + lines;
    from = opening == npos ? npos : after_quotes(text, opening);
    if (from == npos) {
      return whole;
    }
  }
}

std::size_t EventCutter::first_csv_line(std::string_view text) const noexcept {
  std::size_t from = 0;
  while (from != npos) {
    const std::size_t end = text.find('\n', from);
    const std::size_t opening = opening_quote(text.substr(0, end), from);
    if (opening == npos) {
      return end == npos ? 0 : end + 1;
    }
    from = after_quotes(text.substr(0, opening + max_quoted_bytes), opening);
    if (from == npos && text.size() - opening > max_quoted_bytes) {
      const std::size_t line = first_line(text.substr(opening));
      return line == 0 ? 0 : opening + line;
    }
  }
  return 0;
}

std::size_t EventCutter::opening_quote(std::string_view text, std::size_t from) const noexcept {
  for (std::size_t at = text.find(quote_, from); at != npos; at = text.find(quote_, at + 1)) {
    if (at == 0 || text[at - 1] == delimiter_ || text[at - 1] == '\n') {
      return at;
    }
  }
  return npos;
}

std::size_t EventCutter::after_quotes(std::string_view text, std::size_t opening) const noexcept {
  for (std::size_t at = text.find(quote_, opening + 1); at != npos;
       at = text.find(quote_, at + 2)) {
    if (at + 1 >= text.size() || text[at + 1] != quote_) {
      return at + 1;
    }
  }
  return npos;
}

}  // namespace sluice
