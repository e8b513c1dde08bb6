#include "ingest/kafka/direct/message_walk.hpp"

#include "ingest/kafka/direct/wire.hpp"

namespace sluice {
namespace {

/// A one-byte varint that is not negative; -1 where there is none.
int small_varint(WireReader& reader) {
  const int byte = static_cast<std::uint8_t>(reader.int8());
  return byte < 0x80 && byte % 2 == 0 ? byte / 2 : -1;
}

void skip_varint(WireReader& reader) {
  while (reader.good() && reader.int8() < 0) {
  }
}

}  // namespace

ControlMark control_mark_of(std::span<const std::byte> messages) noexcept {
  WireReader reader(messages);
  skip_varint(reader);  // length
  reader.skip(1);       // attributes
  skip_varint(reader);  // timestamp
  skip_varint(reader);  // offset
  // The key: version of its layout, kind of mark.
  constexpr int key_bytes = 4;
  if (small_varint(reader) < key_bytes) {
    return ControlMark::other;
  }
  reader.skip(sizeof(std::int16_t));
  const std::int16_t kind = reader.int16();
  if (!reader.good() || kind < 0 || kind > 1) {
    return ControlMark::other;
  }
  return static_cast<ControlMark>(kind);
}

}  // namespace sluice
