#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ingest/kafka/direct/direct_partition.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// The block that a lane is filling, with its limits.
struct FillingBlock {
  SourceBlock& block;
  std::size_t max_messages = 0;
  std::uint64_t serial = 0;       ///< tells the lane's blocks apart
  std::size_t finished_here = 0;  ///< partitions that this filling finished

  std::size_t room() const noexcept { return block.capacity() - block.used; }
  bool has_room_for(std::size_t messages) const noexcept {
    return block.messages.size() + messages <= max_messages;
  }

  void note_position(DirectPartition& partition, std::int64_t next) {
    partition.next.store(next, std::memory_order_relaxed);
    if (partition.last_block != serial) {
      partition.last_block = serial;
      partition.place_in_block = block.positions.size();
      block.positions.push_back({partition.index, next});
    }
    block.positions[partition.place_in_block].next = next;
  }

  /// Everything before `next` is in blocks: finishes the partition if that reaches its end.
  void passed(DirectPartition& partition, std::int64_t next) {
    if (!partition.end || next < *partition.end) {
      note_position(partition, next);
      return;
    }
    note_position(partition, std::max(partition.next.load(), *partition.end));
    partition.finished = true;
    ++finished_here;
    block.finished.push_back(partition.index);
  }
};

}  // namespace sluice
