#include "ingest/kafka/direct/wire_batch.hpp"

#include <limits>

#include <isa-l/crc.h>

#include "ingest/kafka/direct/wire.hpp"

namespace sluice {
namespace {

// A batch begins: offset 8, length of what follows 4, leader epoch 4, format 1, checksum 4.
constexpr std::size_t length_end = 12;
constexpr std::size_t format_at = 16;
constexpr std::size_t checked_at = 21;
constexpr std::size_t header_bytes = 61;
constexpr int format = 2;

constexpr int compression_bits = 0x07;
constexpr int log_append_time_bit = 0x08;
constexpr int transactional_bit = 0x10;
constexpr int control_bit = 0x20;

bool plausible(const WireBatch& batch, int attributes, std::int32_t count) {
  return batch.base_offset >= 0 && batch.last_offset_delta >= 0 && count >= 0 &&
         count <= std::int64_t{batch.last_offset_delta} + 1 &&
         batch.base_offset <= std::numeric_limits<std::int64_t>::max() / 2 &&
         (attributes & compression_bits) <= static_cast<int>(Compression::zstd);
}

}  // namespace

BatchFound find_batch(std::span<const std::byte> bytes, WireBatch& into) noexcept {
  if (bytes.size() <= format_at) {
    return BatchFound::none;
  }
  const auto length = load_big_endian<std::int32_t>(bytes.data() + sizeof(std::int64_t));
  const auto found_format = std::to_integer<int>(bytes[format_at]);
  if (found_format != format) {
    return found_format < format ? BatchFound::old_format : BatchFound::corrupt;
  }
  if (length < static_cast<std::int32_t>(header_bytes - length_end)) {
    return BatchFound::corrupt;
  }
  const std::size_t size = length_end + static_cast<std::size_t>(length);
  if (size > bytes.size()) {
    return BatchFound::none;
  }
  WireReader reader(bytes.first(size));
  into.base_offset = reader.int64();
  reader.skip(sizeof(std::int32_t));
  into.leader_epoch = reader.int32();
  reader.skip(1);
  into.crc = static_cast<std::uint32_t>(reader.int32());
  const int attributes = reader.int16();
  into.last_offset_delta = reader.int32();
  into.base_timestamp = reader.int64();
  into.max_timestamp = reader.int64();
  into.producer = reader.int64();
  reader.skip(sizeof(std::int16_t) + sizeof(std::int32_t));  // producer's epoch, first sequence
  const std::int32_t count = reader.int32();
  if (!plausible(into, attributes, count)) {
    return BatchFound::corrupt;
  }
  into.compression = static_cast<Compression>(attributes & compression_bits);
  into.log_append_time = (attributes & log_append_time_bit) != 0;
  into.transactional = (attributes & transactional_bit) != 0;
  into.control = (attributes & control_bit) != 0;
  into.count = static_cast<std::size_t>(count);
  into.checked = bytes.first(size).subspan(checked_at);
  into.messages = bytes.first(size).subspan(header_bytes);
  return BatchFound::whole;
}

std::size_t size_of(const WireBatch& batch) noexcept { return checked_at + batch.checked.size(); }

bool checksum_matches(const WireBatch& batch) noexcept {
  // The library takes what it only reads as not const; sizes come from an int32.
  auto* const bytes =
      reinterpret_cast<unsigned char*>(const_cast<std::byte*>(batch.checked.data()));
  const int size = static_cast<int>(batch.checked.size());
  return ~crc32_iscsi(bytes, size, ~0U) == batch.crc;
}

}  // namespace sluice
