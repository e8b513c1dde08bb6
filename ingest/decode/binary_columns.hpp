#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ingest/decode/binary_row.hpp"
#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/filter_columns.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/key_columns.hpp"

namespace sluice {

/// The least and the greatest event time of some events.
struct TimeBounds {
  EventTime least;
  EventTime greatest;
};

/// Reads blocks of binary rows column by column, each in one loop of its type. Single-threaded.
class BinaryColumns {
 public:
  /// Rows that are read together: they and their columns stay in the first-level cache.
  static constexpr std::size_t block_rows = 256;

  explicit BinaryColumns(const Format& format);

  /// Writes the columns of `count` > 0 rows behind events.size.
  /// @param transport_time of the message, for formats that take it.
  /// @returns nullopt: some row is, or might be, malformed; what was written then means nothing.
  std::optional<TimeBounds> read(const char* rows, std::size_t count, EventTime transport_time,
                                 DecodedEvents& events);

  /// Writes what a filter reads of the same rows, for the events from place `first` on.
  void read_filter(const char* rows, std::size_t count, FilterColumns& filter,
                   std::size_t first) const;

 private:
  using LoadNumbers = bool (*)(const char*, std::size_t, std::size_t, std::int64_t*) noexcept;

  LoadNumbers loader_of(std::size_t field) const noexcept;
  bool is_float(std::size_t field) const noexcept;

  bool read_time(const char* rows, std::size_t count, EventTime* time) const;
  bool read_keys(const char* rows, std::size_t count, DecodedEvents& events);
  bool read_strings(const char* rows, std::size_t count, std::size_t field,
                    DecodedEvents& events) const;
  bool read_filter_numbers(const char* rows, std::size_t count, const FilterColumns::Column& column,
                           std::size_t first) const;
  bool read_value(const char* rows, std::size_t count, std::size_t value,
                  DecodedEvents& events) const;

  BinaryRow row_;
  KeyColumns keys_;
  std::vector<ValueField> values_;
  std::vector<std::size_t> value_fields_;
  std::optional<std::size_t> time_field_;
  TimeUnit time_unit_;
  bool allow_non_finite_;
  std::vector<Scalar> fields_;  ///< of one row, where a column is read row by row
};

}  // namespace sluice
