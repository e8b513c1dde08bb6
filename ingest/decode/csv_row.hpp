#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// Splits one row of CSV into its fields (RFC 4180): a field that begins with the quote ends with
/// it, a doubled quote in it is one quote, delimiters and line ends in it are data. Fields are
/// untyped, an unquoted empty one is null. A row ends with LF, CR LF or the text. Single-threaded.
class CsvRow {
 public:
  /// @param wanted how many fields to keep; those after them are only stepped over.
  CsvRow(const CsvFormat& csv, std::size_t wanted) : csv_(csv), wanted_(wanted) {}

  /// Reads the row at `text`. Up to 8 bytes past `end` are read, and up to 64 once a field is read
  /// as a number.
  void read(const char* text, const char* end);

  /// Of the row read last; views the text, or this object where quotes were doubled.
  std::span<const Scalar> fields() const noexcept { return {fields_.data(), count_}; }
  const char* end() const noexcept { return end_; }    ///< of the last field
  const char* next() const noexcept { return next_; }  ///< behind the line end
  /// A quoted field goes on after its quote, or never ends; the row then goes to the next line end.
  bool broken() const noexcept { return broken_; }

 private:
  const char* read_field(const char* text, const char* end, Scalar& field);
  const char* read_quoted(const char* text, const char* end, Scalar& field);
  const char* find_separator(const char* text, const char* end) const noexcept;
  bool end_row(const char* text, const char* end) noexcept;
  void give_up(const char* text, const char* end) noexcept;

  CsvFormat csv_;
  std::size_t wanted_;
  std::vector<Scalar> fields_;  ///< as many as any row had
  std::size_t count_ = 0;
  std::deque<std::string> unescaped_;
  std::size_t unescaped_used_ = 0;
  const char* end_ = nullptr;
  const char* next_ = nullptr;
  bool broken_ = false;
};

}  // namespace sluice
