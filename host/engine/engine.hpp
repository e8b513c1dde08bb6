#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/books.hpp"
#include "host/engine/key_names.hpp"
#include "host/engine/window_result.hpp"
#include "ingest/watermark.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// Names the slots by the encoded keys of events of the batch being processed.
using NameKeys = std::function<void(std::span<const FirstSeenKey> keys, KeyNames& names)>;

/// Takes events of the batch being processed aside, since the state cannot hold them yet, to offer
/// them again with Engine::admit. @returns the earliest of their times
using ParkEvents = std::function<EventTime(std::span<const std::uint32_t> events)>;

/// A batch as the engine sees it: staged columns plus what the host alone knows of them.
struct EngineBatch {
  Ticket ticket{};
  std::size_t size = 0;    ///< events in the columns
  EventTime min_time = 0;  ///< over the columns, when size > 0
  EventTime max_time = 0;
  EventTime parked_from = end_of_time;  ///< earliest event that waits parked from batches before
  EventTime now = 0;                    ///< wall clock, ms
  Milliseconds lane_clock = 0;
  std::span<const PartitionIndex> lane_partitions{};  ///< partitions the lane reads
  std::span<const PartitionIndex> held_partitions{};  ///< those it would read but are paused
  std::span<const PartitionIndex> finished{};         ///< read to their end with this batch
  std::uint64_t malformed = 0;
  std::uint64_t tombstones = 0;
  /// Events that the job's filter took out, which the future guard passed; not in the columns.
  std::uint64_t filtered = 0;
  std::span<const PartitionMaximum> filtered_maxima{};  ///< of them
  NameKeys name_keys{};
  ParkEvents park{};
};

/// The state cannot hold an event and `on_full` is stop: what() names the bytes or keys.
class EngineFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Decides: judges what a batch may touch, moves the watermark between batches, closes windows and
/// asks the backend to compute them. Reads no clock, owns no thread; single-threaded; the same
/// batches give the same rows on every backend.
///
/// Order of a batch (SEMANTICS): accumulate(N), the watermark moves, revisions, closings by (end,
/// order of the definitions), retirement.
class Engine {
 public:
  Engine(const Job& job, std::size_t partitions, Backend& backend, Publish publish);
  ~Engine();

  /// @throws EngineFull, StateFull
  void process(const EngineBatch& batch);

  /// Offers parked events of an earlier batch again; call after the watermark moved. Their times
  /// have been counted already. @returns the indices still parked.
  std::vector<std::uint32_t> admit(const EngineBatch& batch, std::span<const std::uint32_t> parked);
  /// Gives parked events up: on_full decides. @throws EngineFull when it is stop
  void give_up(std::size_t parked);

  const Books& books() const noexcept;
  const Watermarks& watermarks() const noexcept;
  /// The watermark that windows have closed by: held back while events are parked.
  EventTime watermark() const noexcept;
  /// Events accepted although some window of definition `w` had passed. [windows]
  std::span<const std::uint64_t> refused_by_window() const noexcept;
  /// Panes that hold rows, over all grids.
  std::size_t live_panes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
