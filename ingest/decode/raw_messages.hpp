#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/source_block.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/raw_events.hpp"
#include "kernels/staging_block.hpp"

namespace sluice {

/// The messages of a block as columns, for a backend that decodes. Messages that only the host can
/// judge (truncated, or of rows in a wrong number) are left out and named; tombstones are counted.
/// Memory is fixed when made; reused.
class RawMessageTable {
 public:
  /// @param memory of bytes_needed(capacity): pinned with a GPU
  RawMessageTable(StagingBlock memory, std::size_t capacity);
  static std::size_t bytes_needed(std::size_t capacity) noexcept;

  /// Takes in a block's messages. @returns false: the host has to decode the block (too many
  /// messages, or not in the order of their bytes)
  bool take(const SourceBlock& block, const DecodePlan& plan);

  /// The block that was taken; views this object and the block.
  const RawEvents& events() const noexcept { return events_; }
  /// [RawMessages::size] index in the block
  std::span<const std::uint32_t> sources() const noexcept { return sources_; }
  /// Indices in the block of the messages that were left out for the host.
  std::span<const std::uint32_t> left_out() const noexcept { return left_out_; }
  std::uint64_t tombstones() const noexcept { return tombstones_; }

 private:
  bool add(const Message& message, std::uint32_t source, const DecodePlan& plan);

  StagingBlock memory_;
  std::size_t capacity_;
  std::uint32_t* begin_;
  std::uint32_t* length_;
  std::uint32_t* first_event_;
  EventTime* timestamp_;
  PartitionIndex* partition_;
  RawEvents events_;
  bool one_event_a_message_ = true;
  bool one_partition_ = true;
  std::vector<std::uint32_t> sources_;
  std::vector<std::uint32_t> left_out_;
  std::uint64_t tombstones_ = 0;
};

}  // namespace sluice
