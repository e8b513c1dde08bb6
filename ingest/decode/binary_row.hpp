#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// Where the fields that a format reads lie in a row of a declared layout.
///
/// `chars` end at their last byte that is not NUL; a boolean is one byte, 0 or 1; a float stands
/// for its shortest decimal form where a decimal or a time asks for it. Nothing is null but a field
/// that the layout does not name.
class BinaryRow {
 public:
  struct Place {
    std::uint32_t begin = 0;  ///< in the row
    std::uint32_t bytes = 0;
    BinaryField::Type type = BinaryField::Type::pad;  ///< pad: not in the layout
  };

  explicit BinaryRow(const Format& format);

  std::uint32_t bytes() const noexcept { return bytes_; }
  ByteOrder order() const noexcept { return order_; }
  std::span<const Place> places() const noexcept { return places_; }  ///< [fields]

  /// Reads one field of the row at `row`.
  void read(const char* row, std::size_t field, Scalar& scalar) const noexcept;

 private:
  ByteOrder order_;
  std::uint32_t bytes_ = 0;
  std::vector<Place> places_;
};

}  // namespace sluice
