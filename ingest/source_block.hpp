#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/staging_block.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// A message's bytes in a block, and where they came from. In `lines` framing, and for binary rows,
/// a message holds many events.
struct Message {
  std::uint32_t begin = 0;   ///< first byte in the block
  std::uint32_t length = 0;  ///< bytes
  bool tombstone = false;    ///< null payload
  bool truncated = false;    ///< longer than a block: only its first bytes are here (malformed)
  PartitionIndex partition = 0;
  std::int64_t offset = 0;  ///< of the message in its partition; files: bytes before it, all paths
  EventTime timestamp = start_of_time;  ///< the transport's (Kafka), ms; start_of_time: it has none
};

/// A partition's position after a block.
struct PartitionOffset {
  PartitionIndex partition = 0;
  std::int64_t next = 0;  ///< offset of the next message to read
  friend bool operator==(const PartitionOffset&, const PartitionOffset&) = default;
};

/// Bytes that every parser may read past the end of the last message (never: depend on).
inline constexpr std::size_t block_padding = 64;

/// Raw bytes and the extents of the messages in them, as a Source filled them. Reused: `clear`
/// keeps the memory. Owner: the Pipeline's pool.
struct SourceBlock {
  StagingBlock memory;  ///< usable bytes: memory.size() - block_padding
  std::size_t used = 0;
  std::vector<Message> messages;
  std::vector<PartitionOffset> positions;  ///< one per partition the block read from
  std::vector<PartitionIndex> finished;    ///< bounded partitions read to their end
  std::uint64_t sequence = 0;     ///< blocks are processed in this order: 0, 1, 2... over all lanes
  EventTime now = 0;              ///< wall clock when the block was sealed, ms
  Milliseconds active = 0;        ///< the lane's clock: monotonic ms less the time it was held back
  double decompress_seconds = 0;  ///< CPU time; 0 where a client library does it unseen

  std::size_t capacity() const noexcept { return memory.size() - block_padding; }
  const char* text() const noexcept { return reinterpret_cast<const char*>(memory.data()); }
  std::string_view bytes_of(const Message& message) const noexcept {
    return {text() + message.begin, message.length};
  }
  void clear() noexcept {
    used = 0;
    messages.clear();
    positions.clear();
    finished.clear();
    decompress_seconds = 0;
  }
};

}  // namespace sluice
