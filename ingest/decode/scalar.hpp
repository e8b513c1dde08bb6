#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/decode/decoded_events.hpp"

namespace sluice {

/// One value of an event as its format gave it, before a column asks for a type. Views the block or
/// the decoder's scratch memory.
struct Scalar {
  enum class Kind : std::uint8_t {
    missing,
    null,
    boolean,    ///< `digits` is 0 or 1
    integer,    ///< an integer literal
    number,     ///< a number with a point or an exponent
    float64,    ///< `digits` is the bits of a double
    string,     ///< `text` is the contents
    untyped,    ///< `text` is what a column may read as it likes (CSV)
    container,  ///< an object or an array
  };

  /// Numbers: their whole text. (Numbers of binary rows have none: they are exact in `digits`.)
  const char* text = nullptr;
  /// Numbers: +-digits * 10^exponent, plus less than one unit of `digits` where `truncated`.
  std::uint64_t digits = 0;
  std::int32_t exponent = 0;
  std::uint32_t length = 0;
  Kind kind = Kind::missing;
  bool negative = false;
  bool truncated = false;
  bool single_precision = false;  ///< float64: was a float32
  bool valid_utf8 = false;        ///< string: known to be valid, need not be checked
  bool padded = false;            ///< untyped: 64 bytes behind the text can be read

  std::string_view view() const noexcept { return {text, length}; }
  bool absent() const noexcept { return kind == Kind::missing || kind == Kind::null; }
};

/// A scalar read as the type that a column asks for. `fault` is what is wrong with it: bad_value
/// stands for a wrong type.
template <class T>
struct Converted {
  T value{};
  std::optional<Malformed> fault;
};

}  // namespace sluice
