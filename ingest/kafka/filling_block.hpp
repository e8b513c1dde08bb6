#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ingest/kafka/lane_partition.hpp"
#include "ingest/source.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// The block that a lane is filling, with its limits.
struct FillingBlock {
  SourceBlock& block;
  std::size_t max_messages = 0;
  std::uint64_t serial = 0;       ///< tells the lane's blocks apart: 1, 2, ...
  std::size_t finished_here = 0;  ///< partitions that this filling finished

  std::size_t room() const noexcept { return block.capacity() - block.used; }
  bool has_room_for(std::size_t messages) const noexcept {
    return block.messages.size() + messages <= max_messages;
  }

  void note_position(LanePartition& partition, std::int64_t next) {
    partition.next.store(next, std::memory_order_relaxed);
    if (partition.last_block != serial) {
      partition.last_block = serial;
      partition.place_in_block = block.positions.size();
      block.positions.push_back({partition.index, next});
    }
    block.positions[partition.place_in_block].next = next;
  }

  /// Everything before `next` is in blocks: finishes the partition if that reaches its end.
  void passed(LanePartition& partition, std::int64_t next) {
    if (!partition.end || next < *partition.end) {
      note_position(partition, next);
      return;
    }
    note_position(partition, std::max(partition.next.load(), *partition.end));
    finish(partition);
  }

  /// Finishes, in the lane's first block, partitions whose start is at or past their end.
  template <class Partitions>
  void finish_empty(Partitions& partitions) {
    for (LanePartition& partition : partitions) {
      if (serial == 1 && partition.end && partition.next >= *partition.end && !partition.finished) {
        finish(partition);
      }
    }
  }

  /// The block goes on its way, if there is anything in it.
  FillResult seal(std::atomic<std::uint64_t>& sequence) {
    if (block.messages.empty() && block.finished.empty()) {
      return FillResult::idle;
    }
    block.sequence = sequence.fetch_add(1, std::memory_order_relaxed);
    return FillResult::filled;
  }

 private:
  void finish(LanePartition& partition) {
    partition.finished = true;
    ++finished_here;
    block.finished.push_back(partition.index);
  }
};

}  // namespace sluice
