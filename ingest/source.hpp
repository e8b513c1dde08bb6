#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "ingest/source_block.hpp"

namespace sluice {

/// A partition of the job: fixed at start; its PartitionIndex is its place in Source::partitions().
struct PartitionName {
  std::string topic;  ///< topic; for files the path of the input; for generators its name
  std::int32_t number = 0;
};

/// When a block is sealed: whichever comes first.
struct BlockLimits {
  std::size_t max_events = 0;  ///< messages; decoders of many events a message may exceed it
  std::chrono::milliseconds linger{50};  ///< age of the block's first message
};

enum class FillResult : std::uint8_t {
  filled,    ///< the block holds messages, or partitions finished
  idle,      ///< nothing to read for `linger`
  finished,  ///< this lane will never have anything again
};

/// What a source tells about itself for metrics; cumulative since start.
struct PartitionStatistics {
  std::optional<std::int64_t> lag;  ///< messages behind the end; unknown: empty, never 0
  std::optional<std::int64_t> committed_offset;
  std::optional<std::int64_t> end_offset;
};
struct SourceStatistics {
  std::vector<PartitionStatistics> partitions;  ///< by PartitionIndex
  std::uint64_t client_errors = 0;
  std::uint64_t fetch_queue_messages = 0;
  std::uint64_t fetch_queue_bytes = 0;
};

/// The environment let the source down for good (broker gone, file unreadable): what() names the
/// input and the reason.
class SourceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where events come from: fills blocks with raw bytes and message extents. Nothing above it sees
/// a client library's objects.
///
/// Partitions are split over `lanes()`; each lane is driven by one thread of its own and the lanes
/// share nothing on the path of a message, except that a source of one ordered input may be driven
/// by several lanes that take turns. A source sets everything in the block but `now` and `active`.
class Source {
 public:
  virtual ~Source() = default;

  virtual const std::vector<PartitionName>& partitions() const noexcept = 0;
  virtual unsigned lanes() const noexcept = 0;

  /// Lane that reads a partition; nullopt when any lane may (one ordered input).
  virtual std::optional<unsigned> lane_of(PartitionIndex partition) const noexcept = 0;

  /// Fills a cleared block; blocks up to about `limits.linger` when there is nothing. A message
  /// that does not fit starts the next block; of one larger than a whole block the first bytes are
  /// delivered, marked truncated. Takes the block's sequence number from `sequence` (fetch_add)
  /// when it returns `filled`, at a point where the numbers respect each partition's order.
  /// @throws SourceError
  virtual FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                          std::atomic<std::uint64_t>& sequence) = 0;

  /// Stops and restarts reading some partitions. Thread-safe; takes effect from the next fill on.
  virtual void pause(std::span<const PartitionIndex> partitions) = 0;
  virtual void resume(std::span<const PartitionIndex> partitions) = 0;

  /// Tells the transport what has been processed, for lag monitors. Asynchronous, thread-safe.
  virtual void commit(std::span<const PartitionOffset> offsets) = 0;

  /// Thread-safe.
  virtual SourceStatistics statistics() const = 0;
};

}  // namespace sluice
