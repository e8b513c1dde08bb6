#include "ingest/kafka/kafka_source.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ingest/kafka/core_affinity.hpp"
#include "ingest/kafka/kafka_lane.hpp"
#include "ingest/kafka/kafka_partitions.hpp"

namespace sluice {
namespace {

class KafkaSource final : public Source {
 public:
  KafkaSource(const KafkaSettings& settings, const KafkaLog& log) {
    const std::vector<KafkaPartition> found = find_partitions(settings);
    const std::vector<int> cores = allowed_cores();
    const std::size_t wanted = settings.lanes != 0 ? settings.lanes : cores.size();
    const std::size_t lanes = std::clamp<std::size_t>(wanted, 1, found.size());

    std::vector<std::vector<KafkaLane::Assigned>> assigned(lanes);
    for (std::size_t i = 0; i < found.size(); ++i) {
      partitions_.push_back({found[i].topic, found[i].number});
      assigned[i % lanes].push_back({static_cast<PartitionIndex>(i), found[i]});
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto core = lanes == cores.size() ? std::optional(cores[lane]) : std::nullopt;
      lanes_.push_back(std::make_unique<KafkaLane>(settings, std::move(assigned[lane]), log, core));
    }
  }

  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return static_cast<unsigned>(lanes_.size()); }
  std::optional<unsigned> lane_of(PartitionIndex partition) const noexcept override {
    return static_cast<unsigned>(partition % lanes_.size());
  }

  FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence) override {
    return lanes_[lane]->fill(block, limits, sequence);
  }

  void pause(std::span<const PartitionIndex> partitions) override { set_paused(partitions, true); }
  void resume(std::span<const PartitionIndex> partitions) override {
    set_paused(partitions, false);
  }

  void commit(std::span<const PartitionOffset> offsets) override {
    for (const auto& lane : lanes_) {
      lane->commit(offsets);
    }
  }

  SourceStatistics statistics() const override {
    SourceStatistics statistics;
    statistics.partitions.resize(partitions_.size());
    for (const auto& lane : lanes_) {
      lane->add_to(statistics);
    }
    return statistics;
  }

 private:
  void set_paused(std::span<const PartitionIndex> partitions, bool paused) {
    for (const PartitionIndex partition : partitions) {
      lanes_[partition % lanes_.size()]->set_paused(partition, paused);
    }
  }

  std::vector<PartitionName> partitions_;
  std::vector<std::unique_ptr<KafkaLane>> lanes_;
};

}  // namespace

std::unique_ptr<Source> make_kafka_source(const KafkaSettings& settings, KafkaLog log) {
  return std::make_unique<KafkaSource>(settings, log);
}

}  // namespace sluice
