#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ingest/kafka/filling_block.hpp"
#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_partitions.hpp"
#include "ingest/kafka/kafka_reports.hpp"
#include "ingest/kafka/kafka_settings.hpp"
#include "ingest/kafka/kafka_source.hpp"
#include "ingest/kafka/lane_partition.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// One consumer with partitions assigned for good, driven by one thread. Payloads are copied into
/// the block and given back at once; what is fetched ahead is bounded by librdkafka's queue limits.
/// `fill` is for the lane's thread; the rest is thread-safe.
class KafkaLane {
 public:
  /// @param core pins the lane's thread and the client's threads; nullopt: they run anywhere
  KafkaLane(const KafkaSettings& settings, std::vector<AssignedPartition> assigned, KafkaLog log,
            std::optional<int> core);
  ~KafkaLane();
  KafkaLane(const KafkaLane&) = delete;
  KafkaLane& operator=(const KafkaLane&) = delete;

  /// @see Source::fill
  FillResult fill(SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence);

  /// From the next fill on. @param partition of this lane
  void set_paused(PartitionIndex partition, bool paused);
  /// Those of other lanes are left out.
  void commit(std::span<const PartitionOffset> offsets);
  void add_to(SourceStatistics& statistics) const;

 private:
  using Clock = std::chrono::steady_clock;

  enum class Taken : std::uint8_t { yes, kept, no_room };

  void assign_partitions();
  void apply_pauses();
  void fetch(std::chrono::milliseconds timeout);
  bool take_fetched(FillingBlock& filling);
  Taken take(const rd_kafka_message_t& fetched, FillingBlock& filling);
  Taken take_payload(const rd_kafka_message_t& fetched, LanePartition& partition,
                     FillingBlock& filling);
  void take_error(const rd_kafka_message_t& fetched, FillingBlock& filling);
  void passed(LanePartition& partition, std::int64_t next, FillingBlock& filling);
  LanePartition* partition_of(const rd_kafka_message_t& fetched);
  [[noreturn]] void fail(const std::string& what) const;
  void close_after_commits();

  const std::string brokers_;
  const bool commits_;
  const std::optional<int> core_;
  bool committed_only_ = true;
  std::vector<LanePartition> partitions_;
  std::size_t unfinished_;

  std::atomic<bool> pauses_changed_{false};
  std::atomic<bool> commit_sent_{false};
  KafkaReports reports_;
  KafkaClient client_;
  KafkaQueue queue_;
  std::unordered_map<const rd_kafka_topic_t*, std::vector<LanePartition*>> by_topic_;
  const rd_kafka_topic_t* last_topic_ = nullptr;
  LanePartition* last_partition_ = nullptr;
  std::vector<rd_kafka_message_t*> fetched_;  ///< not taken yet; null once given back
  std::uint64_t block_serial_ = 0;
  bool pinned_ = false;
};

}  // namespace sluice
