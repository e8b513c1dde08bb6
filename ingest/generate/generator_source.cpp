#include "ingest/generate/generator_source.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace sluice {
namespace {

constexpr std::size_t events_a_turn = 1'024;

std::string name_of(GeneratorKind kind) {
  switch (kind) {
    case GeneratorKind::user_behaviour:
      return "user_behaviour";
    case GeneratorKind::nexmark_bids:
      return "nexmark_bids";
    case GeneratorKind::yahoo:
      return "yahoo";
  }
  return "generator";
}

}  // namespace

GeneratorSource::GeneratorSource(const GeneratorSettings& settings, Framing framing, unsigned lanes,
                                 EventTime now)
    : lines_(framing == Framing::lines), rate_(settings.rate) {
  const unsigned partitions = std::max(settings.partitions, 1u);
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  lanes_.resize(std::min(lanes != 0 ? lanes : cores, partitions));
  paused_ = std::make_unique<std::atomic<bool>[]>(partitions);
  for (unsigned p = 0; p < partitions; ++p) {
    partitions_.push_back({name_of(settings.kind), static_cast<std::int32_t>(p)});
    lanes_[p % lanes_.size()].partitions.push_back(
        {static_cast<PartitionIndex>(p),
         EventGenerator(settings, settings.start.value_or(now), p)});
  }
}

std::optional<unsigned> GeneratorSource::lane_of(PartitionIndex partition) const noexcept {
  return static_cast<unsigned>(partition % lanes_.size());
}

FillResult GeneratorSource::fill(unsigned lane_index, SourceBlock& block, const BlockLimits& limits,
                                 std::atomic<std::uint64_t>& sequence) {
  Lane& lane = lanes_[lane_index];
  const auto finished = [](const Partition& partition) { return partition.finished; };
  if (std::all_of(lane.partitions.begin(), lane.partitions.end(), finished)) {
    return FillResult::finished;
  }
  Filling filling{block, limits, 0, Clock::now() + limits.linger};
  lane.started = lane.started.value_or(Clock::now());

  while (filling.events < limits.max_events) {
    const std::uint64_t now_due = due(lane);
    Partition* const partition = now_due == 0 ? nullptr : next_partition(lane);
    if (partition == nullptr) {
      if (!wait_for_events(lane, filling)) {
        break;
      }
      continue;
    }
    const std::size_t share = std::max<std::size_t>(now_due / lane.partitions.size(), 1);
    if (!write(lane, *partition, std::min(share, events_a_turn), filling)) {
      break;
    }
  }
  if (block.messages.empty() && block.finished.empty()) {
    return FillResult::idle;
  }
  for (const Partition& partition : lane.partitions) {
    block.positions.push_back({partition.index, partition.next});
  }
  block.sequence = sequence.fetch_add(1, std::memory_order_relaxed);
  return FillResult::filled;
}

/// How many events the wall clock allows now.
std::uint64_t GeneratorSource::due(const Lane& lane) const {
  if (!rate_) {
    return events_a_turn * lane.partitions.size();
  }
  const std::chrono::duration<double> elapsed = Clock::now() - *lane.started;
  const double share =
      static_cast<double>(lane.partitions.size()) / static_cast<double>(partitions_.size());
  const auto allowed =
      static_cast<std::uint64_t>(elapsed.count() * static_cast<double>(*rate_) * share);
  return allowed - std::min(allowed, lane.written);
}

/// Sleeps a moment. @returns false when the block is due, or nothing will come in time.
bool GeneratorSource::wait_for_events(const Lane& lane, const Filling& filling) const {
  const auto open = [](const Partition& partition) { return !partition.finished; };
  const bool any_left = std::any_of(lane.partitions.begin(), lane.partitions.end(), open);
  const Clock::time_point now = Clock::now();
  if (!any_left || now >= filling.deadline) {
    return false;
  }
  constexpr auto a_moment = std::chrono::milliseconds(1);
  std::this_thread::sleep_until(std::min(filling.deadline, now + a_moment));
  return true;
}

/// The partition whose turn it is; null when all are paused or finished.
GeneratorSource::Partition* GeneratorSource::next_partition(Lane& lane) const {
  for (std::size_t i = 0; i < lane.partitions.size(); ++i) {
    Partition& partition = lane.partitions[lane.turn];
    lane.turn = (lane.turn + 1) % lane.partitions.size();
    if (!partition.finished && !paused_[partition.index].load(std::memory_order_relaxed)) {
      return &partition;
    }
  }
  return nullptr;
}

/// Writes one message of up to `count` events. @returns false when the block is full.
bool GeneratorSource::write(Lane& lane, Partition& partition, std::size_t count,
                            Filling& filling) const {
  SourceBlock& block = filling.block;
  char* const text = reinterpret_cast<char*>(block.memory.data());
  const std::size_t left = std::min(count, filling.limits.max_events - filling.events);
  std::size_t written = 0;
  while (written < left) {
    char* at = text + block.used;
    const std::size_t now_written =
        partition.events.write(at, text + block.capacity(), lines_ ? left : 1, lines_);
    if (now_written == 0) {
      break;
    }
    Message& message = block.messages.emplace_back();
    message.begin = static_cast<std::uint32_t>(block.used);
    message.length = static_cast<std::uint32_t>(at - text) - message.begin;
    message.partition = partition.index;
    message.offset = partition.next;
    block.used = static_cast<std::size_t>(at - text);
    partition.next += static_cast<std::int64_t>(now_written);
    written += now_written;
    if (lines_) {
      break;
    }
  }
  if (filling.events == 0 && written > 0) {
    filling.deadline = Clock::now() + filling.limits.linger;
  }
  filling.events += written;
  lane.written += written;
  if (partition.events.finished()) {
    partition.finished = true;
    block.finished.push_back(partition.index);
    return true;
  }
  return written == left;
}

void GeneratorSource::pause(std::span<const PartitionIndex> partitions) {
  for (const PartitionIndex partition : partitions) {
    paused_[partition].store(true, std::memory_order_relaxed);
  }
}

void GeneratorSource::resume(std::span<const PartitionIndex> partitions) {
  for (const PartitionIndex partition : partitions) {
    paused_[partition].store(false, std::memory_order_relaxed);
  }
}

SourceStatistics GeneratorSource::statistics() const {
  SourceStatistics statistics;
  statistics.partitions.resize(partitions_.size());
  return statistics;
}

std::unique_ptr<Source> make_generator_source(const GeneratorSettings& settings, Framing framing,
                                              unsigned lanes) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::make_unique<GeneratorSource>(settings, framing, lanes, now.count());
}

}  // namespace sluice
