#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/event_columns.hpp"

namespace sluice {

enum class FormatType : std::uint8_t { json, csv, binary };
enum class Framing : std::uint8_t { message, lines };
enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds, iso8601 };
enum class KeyType : std::uint8_t { as_it_came, int64, string, boolean };
enum class ByteOrder : std::uint8_t { little, big };

/// Where a column is found: a dotted path of members (JSON), a header name or a 1-based number
/// (CSV), a layout name (binary).
struct FieldPath {
  std::string text;                  ///< as configured
  std::vector<std::string> members;  ///< text split at dots
};

struct TimeField {
  bool from_transport = false;  ///< the message's own timestamp; `path` unused
  FieldPath path;
  TimeUnit unit = TimeUnit::milliseconds;
};

struct KeyField {
  FieldPath path;
  std::string name;  ///< `as`, or the last member of the path
  KeyType type = KeyType::as_it_came;
};

struct ValueField {
  FieldPath path;
  std::string name;
  ValueType type = ValueType::int64;
  unsigned scale = 0;     ///< decimals only: digits after the point, <= 18
  bool required = false;  ///< a missing or null value is malformed
};

/// A column that a job's filter reads and no value column holds.
struct FilterField {
  enum class Type : std::uint8_t {
    presence,  ///< only whether it is null
    boolean,
    integer,  ///< int64
    number,   ///< as a double
    string
  };
  FieldPath path;
  Type type = Type::presence;
  std::size_t position = 0;  ///< where the filter names it first: byte in its text
};

struct CsvFormat {
  bool header = false;
  char delimiter = ',';
  char quote = '"';
  /// Names. With a header: what it says, for decoders that see later lines only. May be empty.
  std::vector<std::string> columns;
};

struct BinaryField {
  enum class Type : std::uint8_t {
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float32,
    float64,
    boolean,
    chars,  ///< a string key or ISO 8601 time; NULs at the end are cut off
    pad
  };
  std::string name;
  Type type = Type::int64;
  std::uint32_t bytes = 8;
};

struct BinaryFormat {
  ByteOrder order = ByteOrder::little;
  std::vector<BinaryField> layout;
};

/// How bytes become events: the `format` section of a job.
struct Format {
  FormatType type = FormatType::json;
  Framing framing = Framing::message;
  TimeField event_time;
  std::vector<KeyField> keys;       ///< empty: one global key
  std::vector<ValueField> values;   ///< <= max_values
  std::vector<FilterField> filter;  ///< what the job's filter reads beside the values
  CsvFormat csv;
  BinaryFormat binary;
  bool allow_non_finite = false;
  std::uint64_t key_seed = 0;
  /// Longer strings in a key are malformed (out_of_range): every key's bytes are kept for output.
  std::size_t max_key_bytes = 4'096;
};

}  // namespace sluice
