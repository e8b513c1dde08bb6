#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "ingest/kafka/lane_partition.hpp"

namespace sluice {

class Leader;

/// What fetching directly has to know of a partition besides.
struct DirectPartition : LanePartition {
  using Time = std::chrono::steady_clock::time_point;

  std::atomic<std::int64_t> log_end{-1};  ///< as the leader told last; -1: unknown

  std::int64_t ask_offset = 0;  ///< where the next request starts: after what was received
  /// Counts rewinds: what was asked for or received under another number is not taken.
  std::uint32_t generation = 0;
  std::int32_t max_bytes = 0;  ///< of an answer
  Time retry_at{};             ///< not asked for before

  Leader* leader = nullptr;  ///< who is asked
  std::int32_t leader_epoch = -1;
  std::int32_t read_epoch = -1;  ///< of the last batch that is in blocks
  bool log_unchecked = false;    ///< whether the new leader's log holds what was read
  bool leader_wanted = true;
  bool answered = false;              ///< with messages, in the answer being read
  std::optional<Time> doubted_since;  ///< whether the topic is there still

  int spoilt = 0;        ///< times that the next batch could not be read
  double expansion = 0;  ///< of the last batch by decompression; 0: unknown

  bool asks(Time now) const noexcept {
    return !paused && !finished && !leader_wanted && now >= retry_at;
  }
  /// Fetches again whatever is in no block yet.
  void rewind() noexcept {
    ++generation;
    ask_offset = next.load(std::memory_order_relaxed);
  }
};

}  // namespace sluice
