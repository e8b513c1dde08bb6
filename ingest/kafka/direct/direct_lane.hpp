#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include "ingest/kafka/direct/direct_partition.hpp"
#include "ingest/kafka/direct/direct_reports.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/direct/leader.hpp"
#include "ingest/kafka/direct/leader_lookup.hpp"
#include "ingest/kafka/direct/reply_taker.hpp"
#include "ingest/kafka/direct/tls.hpp"
#include "ingest/kafka/filling_block.hpp"
#include "ingest/kafka/kafka_partitions.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Fetches its partitions over connections of its own, one to each of their leaders, driven by one
/// thread. What is received ahead is bounded by two answers a leader; an answer is at most
/// fetch.max.bytes, or one batch. `fill` is for the lane's thread; the rest is thread-safe.
class DirectLane {
 public:
  /// @param core pins the lane's thread; nullopt: it runs anywhere
  /// @throws SourceError for TLS properties that cannot be used
  DirectLane(DirectSettings settings, const std::vector<AssignedPartition>& assigned, KafkaLog log,
             std::optional<int> core);

  /// @see Source::fill
  FillResult fill(SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence);

  /// From the next fill on. @param partition of this lane
  void set_paused(PartitionIndex partition, bool paused);
  void add_to(SourceStatistics& statistics) const;

 private:
  using Time = BrokerSession::Time;

  void apply_pauses();
  bool take(FillingBlock& filling, Time now);
  void drive(FillingBlock& filling, Time now);
  void drive(Leader& leader, FillingBlock& filling, Time now) const;
  bool needs_fresh_block(const FillingBlock& filling) const;
  void let_go(FillingBlock& filling);
  void look_up(Time now);
  void learn(const Metadata& metadata, Time now);
  void learn_partition(DirectPartition& partition, const Metadata::Topic& topic,
                       const Metadata& metadata, Time now);
  void doubt(DirectPartition& partition, const std::string& why, Time now);
  void move_to(DirectPartition& partition, const Metadata::Broker& broker, std::int32_t epoch);
  Leader& leader_at(const Metadata::Broker& broker);
  void wait(Time until, Time now);

  const DirectSettings settings_;
  const std::optional<int> core_;
  std::vector<DirectPartition> partitions_;
  std::size_t unfinished_;
  std::atomic<bool> pauses_changed_{false};
  DirectReports reports_;
  std::optional<TlsContext> tls_;
  LeaderLookup lookup_;
  std::vector<std::unique_ptr<Leader>> leaders_;
  std::size_t turn_ = 0;  ///< the leader whose reply is taken
  ReplyTaker taker_;
  bool lends_ = true;  ///< memory of blocks to leaders
  std::vector<pollfd> polled_;
  std::uint64_t block_serial_ = 0;
  bool pinned_ = false;
};

}  // namespace sluice
