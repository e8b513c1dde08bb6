#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ingest/kafka/direct/wire_batch.hpp"

namespace sluice {

/// Bytes that may be read past the end of a batch's messages (never: depend on).
inline constexpr std::size_t walk_padding = 64;

/// The least that a message takes in a batch.
inline constexpr std::size_t least_message_bytes = 7;

/// A message where it lies in its batch.
struct WireMessage {
  std::int64_t offset = 0;
  std::int64_t timestamp = -1;  ///< ms; -1: it has none
  const std::byte* payload = nullptr;
  std::size_t length = 0;
  bool tombstone = false;
};

/// Goes over the messages of a batch, uncompressed; keys and headers are passed over. Each message
/// is varints: length of the rest, timestamp and offset less the batch's, key and value with their
/// lengths, headers; one byte of attributes follows the length.
class MessageWalk {
 public:
  MessageWalk() = default;
  /// @param messages readable for `walk_padding` bytes past its end; borrowed
  MessageWalk(const WireBatch& batch, std::span<const std::byte> messages) noexcept
      : at_(messages.data()),
        end_(messages.data() + messages.size()),
        left_(batch.count),
        base_offset_(batch.base_offset),
        last_offset_(batch.last_offset()),
        base_timestamp_(batch.log_append_time ? batch.max_timestamp : batch.base_timestamp),
        takes_deltas_(!batch.log_append_time && batch.base_timestamp != -1) {}

  /// The next message; false after the last one, and as soon as one is broken.
  bool next(WireMessage& into) noexcept;

  /// Whether the walk ended because the bytes are not what the header says. Known after the end.
  bool broken() const noexcept { return broken_; }
  bool done() const noexcept { return left_ == 0; }

 private:
  std::int64_t varint() noexcept;
  bool fail() noexcept {
    broken_ = true;
    left_ = 0;
    return false;
  }

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  std::size_t left_ = 0;
  std::int64_t base_offset_ = 0;
  std::int64_t last_offset_ = 0;
  std::int64_t base_timestamp_ = -1;
  bool takes_deltas_ = false;
  bool broken_ = false;
};

/// What the single message of a control batch says.
enum class ControlMark : std::uint8_t { abort = 0, commit = 1, other };
/// @param messages as for MessageWalk
ControlMark control_mark_of(std::span<const std::byte> messages) noexcept;

inline std::int64_t MessageWalk::varint() noexcept {
  auto value = std::to_integer<std::uint64_t>(*at_++);
  if (value >= 0x80) {
    value &= 0x7F;
    for (unsigned shift = 7; shift < 64; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*at_++);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) {
        break;
      }
    }
  }
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

inline bool MessageWalk::next(WireMessage& into) noexcept {
  if (left_ == 0) {
    broken_ = broken_ || at_ != end_;
    return false;
  }
  // Four varints and a byte lie between two checks: at most 41 bytes, which the padding covers.
  const std::int64_t length = varint();
  if (length < 0 || at_ > end_ || length > end_ - at_) {
    return fail();
  }
  const std::byte* const message_end = at_ + length;
  ++at_;  // attributes, of which none are defined
  const std::int64_t timestamp_delta = varint();
  const std::int64_t offset_delta = varint();
  const std::int64_t key_length = varint();
  if (at_ > message_end || key_length > message_end - at_) {
    return fail();
  }
  at_ += key_length > 0 ? key_length : 0;
  const std::int64_t value_length = varint();
  if (at_ > message_end || value_length > message_end - at_ || offset_delta < 0 ||
      offset_delta > last_offset_ - base_offset_) {
    return fail();
  }
  into.offset = base_offset_ + offset_delta;
  into.timestamp = base_timestamp_;
  if (takes_deltas_) {
    into.timestamp = static_cast<std::int64_t>(static_cast<std::uint64_t>(base_timestamp_) +
                                               static_cast<std::uint64_t>(timestamp_delta));
  }
  into.payload = at_;
  into.tombstone = value_length < 0;
  into.length = value_length < 0 ? 0 : static_cast<std::size_t>(value_length);
  at_ = message_end;
  --left_;
  return true;
}

}  // namespace sluice
