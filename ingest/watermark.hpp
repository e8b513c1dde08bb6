#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

struct WatermarkSettings {
  Milliseconds out_of_orderness = 5'000;
  std::optional<Milliseconds> idle_timeout = 30'000;  ///< nullopt: off
  bool advance_when_all_idle = false;                 ///< on_all_idle: advance
  Milliseconds allowed_lateness = 0;
  std::optional<Milliseconds> max_future = 3'600'000;  ///< nullopt: off
};

/// The job's watermark out of its partitions' (SEMANTICS, Time): the minimum over partitions that
/// are neither idle nor finished; it never goes back. Single-threaded; reads no clock.
///
/// A partition's idleness is measured on the clock of the lane that reads it, which stands still
/// while the lane is held back, so waiting for us never makes a partition idle.
class Watermarks {
 public:
  Watermarks(std::size_t partitions, const WatermarkSettings& settings);

  /// An event of `partition` that the future guard passed; `time` the largest of the batch.
  void observe(PartitionIndex partition, EventTime time, Milliseconds lane_clock);
  /// The lane that reads `partitions` got to `lane_clock`: marks the quiet ones idle.
  void tick(std::span<const PartitionIndex> partitions, Milliseconds lane_clock);
  /// These partitions are paused: the time does not count towards idleness.
  void hold(std::span<const PartitionIndex> partitions, Milliseconds lane_clock);
  /// The partition was read to its end.
  void finish(PartitionIndex partition);

  /// Takes in what was told since the last call. @param now wall clock, ms, used by
  /// advance_when_all_idle only (elapsed time). @returns the job's watermark.
  EventTime advance(EventTime now);

  EventTime current() const noexcept { return current_; }
  bool all_finished() const noexcept;
  std::optional<EventTime> max_time(PartitionIndex partition) const;
  bool idle(PartitionIndex partition) const;
  bool finished(PartitionIndex partition) const;
  std::size_t idle_count() const noexcept;
  /// The partition that holds the watermark back; nullopt when none does.
  std::optional<PartitionIndex> holder() const;

  struct Partition {
    std::optional<EventTime> max_time;
    std::optional<Milliseconds>
        quiet_since;  ///< lane clock of the last event, or of the first tick
    bool idle = false;
    bool finished = false;
  };

 private:
  WatermarkSettings settings_;
  std::vector<Partition> partitions_;
  EventTime current_ = start_of_time;
  std::optional<EventTime> all_idle_since_;  ///< wall clock of the last advance while all idle
};

}  // namespace sluice
