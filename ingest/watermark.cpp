#include "ingest/watermark.hpp"

#include <algorithm>

namespace sluice {
namespace {

/// Whether a partition has a say in the job's watermark.
bool counts(const Watermarks::Partition& partition) {
  return !partition.idle && !partition.finished;
}

}  // namespace

Watermarks::Watermarks(std::size_t partitions, const WatermarkSettings& settings)
    : settings_(settings), partitions_(partitions) {}

void Watermarks::observe(PartitionIndex partition, EventTime time, Milliseconds lane_clock) {
  Partition& observed = partitions_[partition];
  observed.max_time = std::max(observed.max_time.value_or(time), time);
  observed.quiet_since = lane_clock;
  observed.idle = false;
}

void Watermarks::tick(std::span<const PartitionIndex> partitions, Milliseconds lane_clock) {
  for (const PartitionIndex index : partitions) {
    Partition& partition = partitions_[index];
    if (!partition.quiet_since) {
      partition.quiet_since = lane_clock;
    } else if (settings_.idle_timeout &&
               lane_clock - *partition.quiet_since > *settings_.idle_timeout) {
      partition.idle = true;
    }
  }
}

void Watermarks::hold(std::span<const PartitionIndex> partitions, Milliseconds lane_clock) {
  for (const PartitionIndex index : partitions) partitions_[index].quiet_since = lane_clock;
}

void Watermarks::finish(PartitionIndex partition) { partitions_[partition].finished = true; }

EventTime Watermarks::advance(EventTime now) {
  if (all_finished()) {
    current_ = end_of_time;
    return current_;
  }
  if (const auto slowest = holder()) {
    all_idle_since_.reset();
    if (const auto time = partitions_[*slowest].max_time) {
      current_ = std::max(current_, *time - settings_.out_of_orderness - 1);
    }
    return current_;
  }
  const bool moves_on = settings_.advance_when_all_idle && current_ != start_of_time;
  if (moves_on && all_idle_since_) {
    current_ += std::max<Milliseconds>(now - *all_idle_since_, 0);
  }
  all_idle_since_ = now;
  return current_;
}

bool Watermarks::all_finished() const noexcept {
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const Partition& partition) { return partition.finished; });
}

std::optional<EventTime> Watermarks::max_time(PartitionIndex partition) const {
  return partitions_[partition].max_time;
}

bool Watermarks::idle(PartitionIndex partition) const { return partitions_[partition].idle; }

bool Watermarks::finished(PartitionIndex partition) const {
  return partitions_[partition].finished;
}

std::size_t Watermarks::idle_count() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      partitions_.begin(), partitions_.end(),
      [](const Partition& partition) { return partition.idle && !partition.finished; }));
}

std::optional<PartitionIndex> Watermarks::holder() const {
  // An optional without a value compares less than any value: no event yet holds back most.
  const auto slower = [](const Partition& a, const Partition& b) {
    return counts(a) != counts(b) ? counts(a) : a.max_time < b.max_time;
  };
  const auto slowest = std::min_element(partitions_.begin(), partitions_.end(), slower);
  if (slowest == partitions_.end() || !counts(*slowest)) {
    return std::nullopt;
  }
  return static_cast<PartitionIndex>(slowest - partitions_.begin());
}

}  // namespace sluice
