#include "ingest/decode/binary_decoder.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstring>
#include <string_view>

namespace sluice {
namespace {

using Type = BinaryField::Type;

template <class Number>
Number load(const char* text, ByteOrder order) noexcept {
  std::array<char, sizeof(Number)> bytes;
  std::memcpy(bytes.data(), text, sizeof bytes);
  static_assert(std::endian::native == std::endian::little);
  if (order == ByteOrder::big) std::ranges::reverse(bytes);
  return std::bit_cast<Number>(bytes);
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

BinaryDecoder::BinaryDecoder(const Format& format) : order_(format.binary.order) {
  for (const BinaryField& field : format.binary.layout) row_bytes_ += field.bytes;
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
  fields_.resize(places_.size());
  assert(row_bytes_ > 0);
}

void BinaryDecoder::decode(const SourceBlock& block, const Message& message, EventWriter& writer) {
  if (message.length % row_bytes_ != 0) {
    writer.reject(Malformed::wrong_length, message.begin, message.length);
    return;
  }
  const std::uint32_t end = message.begin + message.length;
  for (std::uint32_t begin = message.begin; begin < end && !writer.overflowed();
       begin += row_bytes_) {
    read_row(block.text() + begin);
    writer.write(fields_, begin, row_bytes_);
  }
}

std::span<const Scalar> BinaryDecoder::fields_of(const SourceBlock& block,
                                                 const EventExtent& event) {
  read_row(block.text() + event.begin);
  return fields_;
}

void BinaryDecoder::read_row(const char* row) noexcept {
  for (std::size_t field = 0; field < places_.size(); ++field) {
    const Place& place = places_[field];
    const char* const text = row + place.begin;
    Scalar& scalar = fields_[field];
    switch (place.type) {
      case Type::int8:
        read_number<std::int8_t>(text, order_, scalar);
        break;
      case Type::int16:
        read_number<std::int16_t>(text, order_, scalar);
        break;
      case Type::int32:
        read_number<std::int32_t>(text, order_, scalar);
        break;
      case Type::int64:
        read_number<std::int64_t>(text, order_, scalar);
        break;
      case Type::uint8:
        read_number<std::uint8_t>(text, order_, scalar);
        break;
      case Type::uint16:
        read_number<std::uint16_t>(text, order_, scalar);
        break;
      case Type::uint32:
        read_number<std::uint32_t>(text, order_, scalar);
        break;
      case Type::uint64:
        read_number<std::uint64_t>(text, order_, scalar);
        break;
      case Type::float32:
        read_number<float>(text, order_, scalar);
        break;
      case Type::float64:
        read_number<double>(text, order_, scalar);
        break;
      case Type::boolean:
        read_boolean(text, scalar);
        break;
      case Type::chars:
        read_chars(text, place.bytes, scalar);
        break;
      case Type::pad:
        break;
    }
  }
}

}  // namespace sluice
