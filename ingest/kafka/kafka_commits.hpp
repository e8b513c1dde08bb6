#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_reports.hpp"
#include "ingest/kafka/kafka_settings.hpp"
#include "ingest/kafka/kafka_source.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Commits offsets to a group for lanes that fetch by themselves, over a client of librdkafka that
/// does nothing else. Thread-safe.
class KafkaCommits {
 public:
  /// @param settings with a group  @param partitions by PartitionIndex
  /// @throws SourceError when no client can be made
  KafkaCommits(const KafkaSettings& settings, std::vector<PartitionName> partitions, KafkaLog log);
  /// Waits a while for the commits under way.
  ~KafkaCommits();
  KafkaCommits(const KafkaCommits&) = delete;
  KafkaCommits& operator=(const KafkaCommits&) = delete;

  void commit(std::span<const PartitionOffset> offsets);
  void add_to(SourceStatistics& statistics) const;

 private:
  void take_result(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* offsets);

  const std::vector<PartitionName> partitions_;
  KafkaReports reports_;
  KafkaClient client_;
  KafkaQueue results_;
  std::atomic<int> under_way_{0};
  mutable std::mutex mutex_;  ///< guards the member below
  std::vector<std::optional<std::int64_t>> committed_;
};

}  // namespace sluice
