#include "ingest/decode/binary_row.hpp"

#include <bit>
#include <concepts>
#include <string_view>

#include "ingest/decode/binary_number.hpp"
#include "ingest/decode/field_plan.hpp"

namespace sluice {
namespace {

using Type = BinaryField::Type;

static_assert(std::endian::native == std::endian::little);

template <class Number>
Number load(const char* text, ByteOrder order) noexcept {
  return order == ByteOrder::big ? load_number<Number, true>(text)
                                 : load_number<Number, false>(text);
}

template <std::integral Number>
void read_number(const char* text, ByteOrder order, Scalar& scalar) noexcept {
  const auto value = load<Number>(text, order);
  scalar.kind = Scalar::Kind::integer;
  scalar.negative = value < 0;
  const auto wide = static_cast<std::uint64_t>(value);
  scalar.digits = scalar.negative ? 0 - wide : wide;
}

template <std::floating_point Number>
void read_number(const char* text, ByteOrder order, Scalar& scalar) noexcept {
  scalar.kind = Scalar::Kind::float64;
  scalar.single_precision = sizeof(Number) == sizeof(float);
  scalar.digits = std::bit_cast<std::uint64_t>(static_cast<double>(load<Number>(text, order)));
}

void read_boolean(const char* text, Scalar& scalar) noexcept {
  const auto byte = static_cast<unsigned char>(*text);
  scalar.kind = byte <= 1 ? Scalar::Kind::boolean : Scalar::Kind::container;
  scalar.digits = byte;
}

void read_chars(const char* text, std::uint32_t bytes, Scalar& scalar) noexcept {
  const std::size_t last = std::string_view(text, bytes).find_last_not_of('\0');
  scalar.kind = Scalar::Kind::string;
  scalar.text = text;
  scalar.length = static_cast<std::uint32_t>(last + 1);
}

}  // namespace

BinaryRow::BinaryRow(const Format& format) : order_(format.binary.order) {
  for (const BinaryField& field : format.binary.layout) bytes_ += field.bytes;
  for (const FieldPath& path : FieldPlan(format).paths) {
    Place place;
    std::uint32_t begin = 0;
    for (const BinaryField& field : format.binary.layout) {
      if (field.name == path.text && field.type != Type::pad) {
        place = {begin, field.bytes, field.type};
      }
      begin += field.bytes;
    }
    places_.push_back(place);
  }
}

void BinaryRow::read(const char* row, std::size_t field, Scalar& scalar) const noexcept {
  const Place& place = places_[field];
  const char* const text = row + place.begin;
  switch (place.type) {
    case Type::int8:
      return read_number<std::int8_t>(text, order_, scalar);
    case Type::int16:
      return read_number<std::int16_t>(text, order_, scalar);
    case Type::int32:
      return read_number<std::int32_t>(text, order_, scalar);
    case Type::int64:
      return read_number<std::int64_t>(text, order_, scalar);
    case Type::uint8:
      return read_number<std::uint8_t>(text, order_, scalar);
    case Type::uint16:
      return read_number<std::uint16_t>(text, order_, scalar);
    case Type::uint32:
      return read_number<std::uint32_t>(text, order_, scalar);
    case Type::uint64:
      return read_number<std::uint64_t>(text, order_, scalar);
    case Type::float32:
      return read_number<float>(text, order_, scalar);
    case Type::float64:
      return read_number<double>(text, order_, scalar);
    case Type::boolean:
      return read_boolean(text, scalar);
    case Type::chars:
      return read_chars(text, place.bytes, scalar);
    case Type::pad:
      return;
  }
}

}  // namespace sluice
