#include "tests/support/watermark_oracle.hpp"

#include <algorithm>

namespace sluice::oracle {

WatermarkOracle::WatermarkOracle(const Job& job)
    : settings_(job.watermark),
      partitions_(job.partitions, Partition{.max_time = {}, .heard_at = job.started_at}),
      moved_at_(job.started_at) {}

bool WatermarkOracle::is_future(std::int64_t time, std::int64_t now) const {
  return settings_.max_future && time > now + *settings_.max_future;
}

void WatermarkOracle::hear(std::uint32_t partition, std::int64_t time) {
  Partition& heard = partitions_.at(partition);
  heard.max_time = std::max(heard.max_time.value_or(time), time);
  heard.heard_now = true;
}

void WatermarkOracle::end(std::uint32_t partition) { partitions_.at(partition).ended = true; }

void WatermarkOracle::move(std::int64_t now, const std::vector<std::int64_t>& clocks) {
  judge_idleness(clocks);
  const bool all_idle = std::all_of(partitions_.begin(), partitions_.end(),
                                    [](const Partition& p) { return p.ended || p.idle; });
  if (std::all_of(partitions_.begin(), partitions_.end(),
                  [](const Partition& p) { return p.ended; })) {
    progress_.ended = true;
  } else if (!all_idle) {
    if (const auto smallest = smallest_watermark()) {
      raise(*smallest);
    }
  } else if (all_were_idle_ && settings_.on_all_idle == OnAllIdle::advance && progress_.watermark) {
    raise(*progress_.watermark + (now - moved_at_));
  }
  all_were_idle_ = all_idle;
  moved_at_ = now;
}

void WatermarkOracle::judge_idleness(const std::vector<std::int64_t>& clocks) {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    if (partition.heard_now) {
      partition.heard_at = clocks.at(i);
      partition.heard_now = false;
      partition.idle = false;
    } else if (settings_.idle_timeout) {
      partition.idle = clocks.at(i) - partition.heard_at > *settings_.idle_timeout;
    }
  }
}

std::optional<std::int64_t> WatermarkOracle::smallest_watermark() const {
  std::optional<std::int64_t> smallest;
  for (const Partition& partition : partitions_) {
    if (partition.ended || partition.idle) {
      continue;
    }
    if (!partition.max_time) {
      return std::nullopt;
    }
    const std::int64_t watermark = *partition.max_time - settings_.out_of_orderness - 1;
    smallest = std::min(smallest.value_or(watermark), watermark);
  }
  return smallest;
}

void WatermarkOracle::raise(std::int64_t watermark) {
  progress_.watermark = std::max(progress_.watermark.value_or(watermark), watermark);
}

}  // namespace sluice::oracle
