#pragma once

#include <cstdint>
#include <vector>

#include "ingest/decode/format.hpp"

namespace sluice::testing_formats {

inline Format json(Framing framing) {
  Format format;
  format.type = FormatType::json;
  format.framing = framing;
  return format;
}

inline CsvFormat csv_dialect(char delimiter, char quote) {
  CsvFormat csv;
  csv.delimiter = delimiter;
  csv.quote = quote;
  return csv;
}

inline Format csv(bool header, const CsvFormat& dialect = {}) {
  Format format;
  format.type = FormatType::csv;
  format.csv = dialect;
  format.csv.header = header;
  return format;
}

/// Rows of padding only: what matters to a cutter is their length.
inline Format binary_rows(std::uint32_t bytes) {
  Format format;
  format.type = FormatType::binary;
  format.binary.layout = {{"", BinaryField::Type::pad, bytes}};
  return format;
}

}  // namespace sluice::testing_formats
