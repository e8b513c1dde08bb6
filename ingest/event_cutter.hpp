#pragma once

#include <cstddef>
#include <string_view>

#include "ingest/decode/format.hpp"

namespace sluice {

/// Where events end in a stream of bytes: lines (JSON), lines outside of quotes (CSV), or rows of a
/// fixed length (binary). Texts given to it start at an event's first byte.
///
/// CSV: a quote opens only as the first byte of a field; inside, two quotes are one, and a single
/// one closes. Line ends inside quotes are data. Quotes that are not closed within a mebibyte spoil
/// their own line only: the event then ends at the next line end.
class EventCutter {
 public:
  explicit EventCutter(const Format& format);

  /// Length of the longest prefix that consists of whole events; 0 when none is whole.
  std::size_t whole_events(std::string_view text) const noexcept;
  /// Length of the first event, its line end included; 0 when it is not whole.
  std::size_t first_event(std::string_view text) const noexcept;

  /// Whether several events may travel as one message.
  bool joins_events() const noexcept { return joins_events_; }

 private:
  std::size_t whole_csv_lines(std::string_view text) const noexcept;
  std::size_t first_csv_line(std::string_view text) const noexcept;
  /// First opening quote at or after `from`, a place outside of quotes; npos when there is none.
  std::size_t opening_quote(std::string_view text, std::size_t from) const noexcept;
  /// The byte after the quotes that `opening` opens; npos when they are not closed.
  std::size_t after_quotes(std::string_view text, std::size_t opening) const noexcept;

  FormatType type_;
  bool joins_events_;
  char delimiter_;
  char quote_;
  std::size_t row_bytes_ = 0;  ///< binary
};

}  // namespace sluice
