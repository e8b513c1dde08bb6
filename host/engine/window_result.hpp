#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "host/engine/key_names.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// One published value.
struct ResultValue {
  enum class Kind : std::uint8_t { null, integer, decimal, real };
  Kind kind = Kind::null;
  bool overflow = false;     ///< null because an exact sum left the int64 range
  std::uint8_t scale = 0;    ///< decimal only
  std::int64_t integer = 0;  ///< integer, or the decimal's scaled integer
  double real = 0;
};

/// What is the matter with a value of a column.
enum class ResultMark : std::uint8_t { none, null, overflow };

/// The values of one aggregate, row by row.
struct ResultColumn {
  ResultValue::Kind kind = ResultValue::Kind::null;  ///< of the values that are not null
  std::uint8_t scale = 0;
  std::span<const std::uint64_t> bits{};  ///< [rows] an integer or a scaled decimal, or a double's
                                          ///< bits; 0 where the value is null
  const ResultMark* marks = nullptr;      ///< [rows], or nullptr: no value is null

  std::int64_t integer(std::size_t row) const { return static_cast<std::int64_t>(bits[row]); }
  double real(std::size_t row) const { return std::bit_cast<double>(bits[row]); }
  ResultValue operator[](std::size_t row) const {
    if (marks != nullptr && marks[row] != ResultMark::none) {
      return {.overflow = marks[row] == ResultMark::overflow};
    }
    if (kind == ResultValue::Kind::real) return {.kind = kind, .real = real(row)};
    return {.kind = kind, .scale = scale, .integer = integer(row)};
  }
};

/// The rows of one closed (or revised) window, ready to publish: columns, so that nothing is made
/// of a row that its reader does not ask for. Borrowed by sinks for the call.
struct WindowResult {
  std::uint32_t window = 0;  ///< index into Job::windows
  EventTime start = 0;
  EventTime end = 0;
  std::uint32_t revision = 0;
  std::span<const KeySlot> slots;         ///< [rows]
  std::span<const ResultColumn> columns;  ///< [Job::aggregates]
  const KeyNames* names = nullptr;

  std::size_t size() const noexcept { return slots.size(); }
  /// Encoded key of a row (ingest/key.hpp).
  std::string_view key(std::size_t row) const { return (*names)[slots[row]]; }
  ResultValue value(std::size_t row, std::size_t aggregate) const {
    return columns[aggregate][row];
  }
};

/// Takes the rows of a closed or revised window.
using Publish = std::function<void(const WindowResult&)>;

}  // namespace sluice
