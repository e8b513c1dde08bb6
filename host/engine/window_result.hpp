#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

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

/// The rows of one closed (or revised) window, ready to publish. Borrowed by sinks for the call.
struct WindowResult {
  std::uint32_t window = 0;  ///< index into Job::windows
  EventTime start = 0;
  EventTime end = 0;
  std::uint32_t revision = 0;
  std::vector<std::string_view> keys;  ///< [rows] encoded keys (ingest/key.hpp)
  std::vector<ResultValue> values;     ///< [rows x Job::aggregates], row-major

  std::size_t size() const noexcept { return keys.size(); }
};

}  // namespace sluice
