#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/kafka_partitions.hpp"

namespace sluice {

/// Where a lane is with one partition, whoever fetches. Belongs to the lane's thread, the atomics
/// aside.
struct LanePartition {
  PartitionIndex index = 0;
  std::string topic;
  std::int32_t number = 0;
  std::optional<std::int64_t> end;  ///< past the last message to read

  std::atomic<std::int64_t> next{0};  ///< offset after what is in blocks
  std::atomic<bool> pause_wanted{false};
  bool paused = false;
  bool finished = false;

  std::uint64_t last_block = 0;    ///< serial of the block that it was put into last
  std::size_t place_in_block = 0;  ///< in that block's positions

  void begin(const AssignedPartition& assigned) {
    index = assigned.index;
    topic = assigned.partition.topic;
    number = assigned.partition.number;
    end = assigned.partition.end;
    next = assigned.partition.start;
  }
  std::string name() const { return topic + '[' + std::to_string(number) + ']'; }
  std::string place() const { return name() + " at offset " + std::to_string(next.load()); }
};

/// @param partitions of a lane, ascending  @returns null when the index is another lane's
template <class Partition>
Partition* partition_with(std::vector<Partition>& partitions, PartitionIndex index) {
  const auto found = std::lower_bound(
      partitions.begin(), partitions.end(), index,
      [](const Partition& partition, PartitionIndex wanted) { return partition.index < wanted; });
  return found == partitions.end() || found->index != index ? nullptr : &*found;
}

}  // namespace sluice
