#include "ingest/kafka/kafka_source.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "ingest/kafka/core_affinity.hpp"
#include "ingest/kafka/direct/direct_lane.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/kafka_commits.hpp"
#include "ingest/kafka/kafka_lane.hpp"
#include "ingest/kafka/kafka_partitions.hpp"

namespace sluice {
namespace {

/// Two ways to fetch, the same messages.
using FetchLane = std::variant<std::unique_ptr<KafkaLane>, std::unique_ptr<DirectLane>>;

bool fetches_directly(const KafkaSettings& settings, const KafkaLog& log) {
  if (settings.fetch == KafkaFetch::librdkafka) {
    return false;
  }
  const auto why_not = why_not_direct(settings);
  if (!why_not) {
    return true;
  }
  if (settings.fetch == KafkaFetch::direct) {
    throw SourceError("kafka " + settings.brokers + ": source.fetch: direct: " + *why_not);
  }
  if (log) {
    log("librdkafka fetches the messages: " + *why_not);
  }
  return false;
}

class KafkaSource final : public Source {
 public:
  KafkaSource(const KafkaSettings& settings, const KafkaLog& log) {
    const std::vector<KafkaPartition> found = find_partitions(settings);
    const std::vector<int> cores = allowed_cores();
    const std::size_t wanted = settings.lanes != 0 ? settings.lanes : cores.size();
    const std::size_t lanes = std::clamp<std::size_t>(wanted, 1, found.size());

    std::vector<std::vector<AssignedPartition>> assigned(lanes);
    for (std::size_t i = 0; i < found.size(); ++i) {
      partitions_.push_back({found[i].topic, found[i].number});
      assigned[i % lanes].push_back({static_cast<PartitionIndex>(i), found[i]});
    }
    const bool direct = fetches_directly(settings, log);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto core = lanes == cores.size() ? std::optional(cores[lane]) : std::nullopt;
      if (direct) {
        lanes_.emplace_back(
            std::make_unique<DirectLane>(direct_settings(settings), assigned[lane], log, core));
      } else {
        lanes_.emplace_back(
            std::make_unique<KafkaLane>(settings, std::move(assigned[lane]), log, core));
      }
    }
    if (direct && !settings.group.empty()) {
      commits_.emplace(settings, partitions_, log);
    }
  }

  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return static_cast<unsigned>(lanes_.size()); }
  std::optional<unsigned> lane_of(PartitionIndex partition) const noexcept override {
    return static_cast<unsigned>(partition % lanes_.size());
  }

  FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence) override {
    return std::visit([&](auto& each) { return each->fill(block, limits, sequence); },
                      lanes_[lane]);
  }

  void pause(std::span<const PartitionIndex> partitions) override { set_paused(partitions, true); }
  void resume(std::span<const PartitionIndex> partitions) override {
    set_paused(partitions, false);
  }

  void commit(std::span<const PartitionOffset> offsets) override {
    if (commits_) {
      commits_->commit(offsets);
    }
    for (const FetchLane& lane : lanes_) {
      if (const auto* const consumer = std::get_if<std::unique_ptr<KafkaLane>>(&lane)) {
        (*consumer)->commit(offsets);
      }
    }
  }

  SourceStatistics statistics() const override {
    SourceStatistics statistics;
    statistics.partitions.resize(partitions_.size());
    for (const FetchLane& lane : lanes_) {
      std::visit([&statistics](const auto& each) { each->add_to(statistics); }, lane);
    }
    if (commits_) {
      commits_->add_to(statistics);
    }
    return statistics;
  }

 private:
  void set_paused(std::span<const PartitionIndex> partitions, bool paused) {
    for (const PartitionIndex partition : partitions) {
      std::visit([&](const auto& lane) { lane->set_paused(partition, paused); },
                 lanes_[partition % lanes_.size()]);
    }
  }

  std::vector<PartitionName> partitions_;
  std::vector<FetchLane> lanes_;
  std::optional<KafkaCommits> commits_;  ///< for lanes that do not commit by themselves
};

}  // namespace

std::unique_ptr<Source> make_kafka_source(const KafkaSettings& settings, KafkaLog log) {
  return std::make_unique<KafkaSource>(settings, log);
}

}  // namespace sluice
