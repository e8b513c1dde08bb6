#include "ingest/kafka/direct/wire.hpp"

#include <cassert>

namespace sluice {

std::span<const std::byte> WireReader::take(std::size_t size) noexcept {
  if (size > left_.size()) {
    good_ = false;
    left_ = {};
    return {};
  }
  const std::span<const std::byte> taken = left_.first(size);
  left_ = left_.subspan(size);
  return taken;
}

std::size_t WireReader::length(std::int32_t value) noexcept {
  if (value < -1) {
    good_ = false;
    left_ = {};
  }
  return value < 0 ? 0 : static_cast<std::size_t>(value);
}

std::string_view WireReader::text() noexcept {
  const std::span<const std::byte> taken = take(length(int16()));
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

std::span<const std::byte> WireReader::bytes() noexcept { return take(length(int32())); }

std::size_t WireReader::count(std::size_t element_bytes) noexcept {
  const std::size_t elements = length(int32());
  if (elements > left_.size() / element_bytes) {
    good_ = false;
    left_ = {};
    return 0;
  }
  return elements;
}

void WireWriter::text(std::string_view text) {
  assert(text.size() <= 32'767);
  int16(static_cast<std::int16_t>(text.size()));
  const auto view = std::as_bytes(std::span(text));
  bytes_.insert(bytes_.end(), view.begin(), view.end());
}

void WireWriter::bytes(std::span<const std::byte> bytes) {
  int32(static_cast<std::int32_t>(bytes.size()));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::size_t WireWriter::int32_later() {
  const std::size_t place = bytes_.size();
  int32(0);
  return place;
}

void WireWriter::fill_in(std::size_t place, std::size_t value) noexcept {
  for (std::size_t i = 0; i < sizeof(std::int32_t); ++i) {
    bytes_[place + i] = static_cast<std::byte>(value >> (24 - 8 * i) & 0xFF);
  }
}

}  // namespace sluice
