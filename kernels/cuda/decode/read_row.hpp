#pragma once

#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// A field of a row of fixed length, as ingest's BinaryRow reads it.
class RowFieldReader {
 public:
  SLUICE_HD RowFieldReader(const DecodePlan& plan, const char* bytes) noexcept
      : plan_(plan), bytes_(bytes) {}

  /// @param begin of the row
  SLUICE_HD PlainScalar read(const DecodePlan::Field& field, std::uint32_t begin) const noexcept {
    const std::uint32_t at = begin + field.begin;
    switch (field.type) {
      case RowType::missing:
        return {};
      case RowType::signed_integer:
      case RowType::unsigned_integer:
        return integer(number_at(at, field.bytes), field);
      case RowType::float32:
      case RowType::float64:
        return real(number_at(at, field.bytes), field.type);
      case RowType::boolean:
        return boolean(bytes_[at]);
      default:
        return chars(at, field.chars);
    }
  }

 private:
  using Kind = PlainScalar::Kind;

  /// The bytes of a number as this machine would have them, others 0.
  SLUICE_HD std::uint64_t number_at(std::uint32_t at, std::uint32_t bytes) const noexcept {
    const std::uint64_t word = load_word(bytes_, at);
    return plan_.swapped ? swapped(word) >> (64 - 8 * bytes) : first_bytes(word, bytes);
  }

  SLUICE_HD static PlainScalar integer(std::uint64_t word,
                                       const DecodePlan::Field& field) noexcept {
    PlainScalar scalar;
    scalar.kind = Kind::integer;
    const std::uint64_t sign = std::uint64_t{1} << (8 * field.bytes - 1);
    scalar.number.negative = field.type == RowType::signed_integer && (word & sign) != 0;
    scalar.number.digits = scalar.number.negative ? 0 - ((word ^ sign) - sign) : word;
    return scalar;
  }

  /// Those that are not finite are for the host.
  SLUICE_HD static PlainScalar real(std::uint64_t word, RowType type) noexcept {
    PlainScalar scalar;
    double value = 0;
    if (type == RowType::float32) {
      const auto half = static_cast<std::uint32_t>(word);
      float narrow;
      std::memcpy(&narrow, &half, sizeof narrow);
      value = static_cast<double>(narrow);
    } else {
      std::memcpy(&value, &word, sizeof value);
    }
    scalar.kind = value - value == 0 ? Kind::real : Kind::unusable;
    scalar.number.digits = static_cast<std::uint64_t>(bits_of(value == 0 ? 0.0 : value));
    return scalar;
  }

  SLUICE_HD static PlainScalar boolean(char byte) noexcept {
    PlainScalar scalar;
    scalar.kind = byte == 0 || byte == 1 ? Kind::boolean : Kind::unusable;
    scalar.number.digits = byte == 1 ? 1 : 0;
    return scalar;
  }

  SLUICE_HD PlainScalar chars(std::uint32_t at, std::uint32_t bytes) const noexcept {
    PlainScalar scalar;
    scalar.kind = Kind::text;
    scalar.begin = at;
    scalar.length = bytes;
    while (scalar.length > 0 && bytes_[at + scalar.length - 1] == 0) --scalar.length;
    return scalar;
  }

  const DecodePlan& plan_;
  const char* bytes_;
};

/// Reads the row at `begin`. @returns false: it is for the host
template <class Draft>
SLUICE_HD bool read_row(const DecodePlan& plan, const char* bytes, std::uint32_t begin,
                        Draft& draft) noexcept {
  const RowFieldReader reader(plan, bytes);
  for (std::uint32_t field = 0; field < plan.fields; ++field) {
    if (!draft.take(field, reader.read(plan.field[field], begin))) return false;
  }
  return true;
}

}  // namespace sluice::cuda
