#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice {

enum class Compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// The header of a batch of messages as a log holds it and a broker sends it (message format 2,
/// since Kafka 0.11), and its messages, compressed or not. Views point into the answer.
struct WireBatch {
  std::int64_t base_offset = 0;
  std::int32_t leader_epoch = -1;
  std::uint32_t crc = 0;
  Compression compression = Compression::none;
  bool log_append_time = false;  ///< every message has max_timestamp
  bool transactional = false;
  bool control = false;  ///< holds a transaction's end, no message for us
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp = -1;
  std::int64_t max_timestamp = -1;
  std::int64_t producer = -1;
  std::size_t count = 0;               ///< messages; 0 where compaction left none
  std::span<const std::byte> checked;  ///< what the checksum is over
  std::span<const std::byte> messages;

  std::int64_t last_offset() const noexcept { return base_offset + last_offset_delta; }
  std::int64_t next_offset() const noexcept { return last_offset() + 1; }
};

enum class BatchFound : std::uint8_t {
  whole,
  none,        ///< nothing is left, or the rest is the cut-off beginning of a batch
  old_format,  ///< messages of before Kafka 0.11
  corrupt,     ///< figures that no broker writes
};

/// The batch at the beginning of `bytes`. Its checksum is not looked at.
BatchFound find_batch(std::span<const std::byte> bytes, WireBatch& into) noexcept;

/// Bytes that a whole batch takes in an answer.
std::size_t size_of(const WireBatch& batch) noexcept;

/// Whether the batch's CRC32C is right.
bool checksum_matches(const WireBatch& batch) noexcept;

}  // namespace sluice
