#include "tests/host/pipeline/scripted_source.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

namespace sluice {

ScriptedSource::ScriptedSource(std::size_t partitions, std::vector<ScriptedBlock> script,
                               Afterwards afterwards, FakeClock& clock)
    : lane_of_(partitions),
      afterwards_(afterwards),
      clock_(clock),
      script_(std::move(script)),
      next_offset_(partitions) {
  for (std::size_t p = 0; p < partitions; ++p) {
    partitions_.push_back({.topic = "topic", .number = static_cast<std::int32_t>(p)});
    lane_of_[p] = 0;
  }
  for (const ScriptedBlock& block : script_) {
    lanes_ = std::max(lanes_, block.lane + 1);
    for (const ScriptedMessage& message : block.messages) lane_of_[message.partition] = block.lane;
  }
}

std::optional<unsigned> ScriptedSource::lane_of(PartitionIndex partition) const noexcept {
  return lane_of_[partition];
}

FillResult ScriptedSource::fill(unsigned lane, SourceBlock& block, const BlockLimits&,
                                std::atomic<std::uint64_t>& sequence) {
  {
    const std::lock_guard lock(mutex_);
    const auto own = [&](const ScriptedBlock& next) { return next.lane == lane; };
    const auto ready = std::find_if(script_.begin(), script_.end(), [&](const auto& next) {
      return own(next) && !is_paused(next);
    });
    if (ready != script_.end() && ready->quiet_before > 0) {
      ready->quiet_before -= quiet_time;
    } else if (ready != script_.end() && !on_its_way_) {
      write(*ready, block);
      script_.erase(ready);
      block.sequence = sequence.fetch_add(1);
      on_its_way_ = waits_for_engine_;
      return FillResult::filled;
    }
    if (std::none_of(script_.begin(), script_.end(), own) && !on_its_way_) {
      if (afterwards_ == Afterwards::finish) return FillResult::finished;
      if (afterwards_ == Afterwards::break_down) throw SourceError("topic: the broker is gone");
    }
  }
  clock_.advance(quiet_time);
  std::this_thread::yield();
  return FillResult::idle;
}

void ScriptedSource::pause(std::span<const PartitionIndex> partitions) {
  const std::lock_guard lock(mutex_);
  paused_.insert(partitions.begin(), partitions.end());
}

void ScriptedSource::resume(std::span<const PartitionIndex> partitions) {
  const std::lock_guard lock(mutex_);
  for (const PartitionIndex partition : partitions) paused_.erase(partition);
}

void ScriptedSource::commit(std::span<const PartitionOffset> offsets) {
  const std::lock_guard lock(mutex_);
  for (const PartitionOffset& offset : offsets) committed_[offset.partition] = offset.next;
}

SourceStatistics ScriptedSource::statistics() const {
  SourceStatistics statistics;
  statistics.partitions.resize(partitions_.size());
  return statistics;
}

void ScriptedSource::wait_for_engine() {
  const std::lock_guard lock(mutex_);
  waits_for_engine_ = true;
}

void ScriptedSource::processed() {
  const std::lock_guard lock(mutex_);
  on_its_way_ = false;
}

std::vector<PartitionIndex> ScriptedSource::paused() const {
  const std::lock_guard lock(mutex_);
  return {paused_.begin(), paused_.end()};
}

std::map<PartitionIndex, std::int64_t> ScriptedSource::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

bool ScriptedSource::is_paused(const ScriptedBlock& block) const {
  return std::any_of(block.messages.begin(), block.messages.end(),
                     [&](const auto& message) { return paused_.contains(message.partition); });
}

void ScriptedSource::write(const ScriptedBlock& from, SourceBlock& block) {
  std::set<PartitionIndex> touched;
  for (const ScriptedMessage& message : from.messages) {
    const std::string payload = message.payload.value_or("");
    std::memcpy(block.memory.data() + block.used, payload.data(), payload.size());
    block.messages.push_back({.begin = static_cast<std::uint32_t>(block.used),
                              .length = static_cast<std::uint32_t>(payload.size()),
                              .tombstone = !message.payload,
                              .partition = message.partition,
                              .offset = next_offset_[message.partition]++});
    block.used += payload.size();
    touched.insert(message.partition);
  }
  for (const PartitionIndex partition : touched) {
    block.positions.push_back({.partition = partition, .next = next_offset_[partition]});
  }
  block.finished = from.finished;
}

}  // namespace sluice
