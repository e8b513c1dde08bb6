#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sluice {

/// An integer in the protocol's byte order, most significant first.
template <std::integral Integer>
Integer load_big_endian(const std::byte* from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = value << 8 | std::to_integer<std::uint64_t>(from[i]);
  }
  return static_cast<Integer>(value);
}

/// Reads the primitives of Kafka's protocol from bytes that a broker sent. Every length is checked:
/// whatever would lie past the end, or has an impossible length, makes the reader bad for good, and
/// from then on everything is zero or empty.
class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> bytes) noexcept : left_(bytes) {}

  bool good() const noexcept { return good_; }
  std::size_t left() const noexcept { return left_.size(); }

  std::int8_t int8() noexcept { return integer<std::int8_t>(); }
  std::int16_t int16() noexcept { return integer<std::int16_t>(); }
  std::int32_t int32() noexcept { return integer<std::int32_t>(); }
  std::int64_t int64() noexcept { return integer<std::int64_t>(); }

  /// After a length of two bytes; null is empty. Points into the bytes.
  std::string_view text() noexcept;
  /// After a length of four bytes; null is empty. Points into the bytes.
  std::span<const std::byte> bytes() noexcept;
  /// How many elements an array has; null is 0. Bad when the bytes left cannot hold so many.
  /// @param element_bytes the least that an element takes, not 0
  std::size_t count(std::size_t element_bytes) noexcept;
  void skip(std::size_t size) noexcept { (void)take(size); }

 private:
  template <std::integral Integer>
  Integer integer() noexcept {
    const std::span<const std::byte> bytes = take(sizeof(Integer));
    return bytes.empty() ? Integer{0} : load_big_endian<Integer>(bytes.data());
  }
  std::span<const std::byte> take(std::size_t size) noexcept;
  /// A length where -1 stands for null; what is less is bad.
  std::size_t length(std::int32_t value) noexcept;

  std::span<const std::byte> left_;
  bool good_ = true;
};

/// Writes the primitives of Kafka's protocol one after the other. Reused: `clear` keeps the memory.
class WireWriter {
 public:
  void clear() noexcept { bytes_.clear(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  void int8(std::int8_t value) { integer(value); }
  void int16(std::int16_t value) { integer(value); }
  void int32(std::int32_t value) { integer(value); }
  void int64(std::int64_t value) { integer(value); }
  /// @param text at most 32,767 bytes
  void text(std::string_view text);
  void bytes(std::span<const std::byte> bytes);

  /// Leaves room for an int32 that is known later. @returns its place, for `fill_in`
  std::size_t int32_later();
  void fill_in(std::size_t place, std::size_t value) noexcept;

 private:
  template <std::integral Integer>
  void integer(Integer value) {
    const auto unsigned_value = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = sizeof(Integer); i-- > 0;) {
      bytes_.push_back(static_cast<std::byte>(unsigned_value >> (8 * i) & 0xFF));
    }
  }

  std::vector<std::byte> bytes_;
};

}  // namespace sluice
