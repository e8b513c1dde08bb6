#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/support/job.hpp"

namespace sluice::oracle {

/// How far event time has come.
struct Progress {
  std::optional<std::int64_t> watermark;  ///< none until every partition that counts has an event
  bool ended = false;                     ///< every partition was read to its end: +infinity

  /// Whether no event with a time at or before this one is expected any more.
  bool has_passed(std::int64_t time) const {
    return ended || (watermark.has_value() && *watermark >= time);
  }

  bool operator==(const Progress&) const = default;
};

/// The job's watermark, from the events of every partition. It moves only in `move`.
class WatermarkOracle {
 public:
  explicit WatermarkOracle(const Job& job);

  const Progress& progress() const { return progress_; }

  /// Whether the future guard drops an event with this time.
  bool is_future(std::int64_t time, std::int64_t now) const;

  /// An event that the future guard passed.
  void hear(std::uint32_t partition, std::int64_t time);

  /// The partition was read to its end: it leaves the minimum at the next move.
  void end(std::uint32_t partition);

  /// The end of a batch.
  /// @param clocks one for each partition (Batch::partition_clocks).
  void move(std::int64_t now, const std::vector<std::int64_t>& clocks);

 private:
  struct Partition {
    std::optional<std::int64_t> max_time;
    std::int64_t heard_at = 0;  // on the partition's clock
    bool heard_now = false;     // in the batch that is going on
    bool idle = false;
    bool ended = false;
  };

  void judge_idleness(const std::vector<std::int64_t>& clocks);
  std::optional<std::int64_t> smallest_watermark() const;
  void raise(std::int64_t watermark);

  WatermarkSettings settings_;
  std::vector<Partition> partitions_;
  Progress progress_;
  bool all_were_idle_ = false;  // at the last move
  std::int64_t moved_at_ = 0;   // wall clock of the last move
};

}  // namespace sluice::oracle
