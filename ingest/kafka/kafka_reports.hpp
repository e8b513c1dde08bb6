#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_source.hpp"
#include "ingest/kafka/kafka_statistics.hpp"

namespace sluice {

/// What a client tells through its callbacks, kept for whoever asks. Thread-safe.
class KafkaReports {
 public:
  explicit KafkaReports(KafkaLog log);

  /// Makes a client of this configuration report here; this object must outlive it.
  void listen(rd_kafka_conf_t* conf);

  void note_error() noexcept { errors_.fetch_add(1, std::memory_order_relaxed); }
  void note_commit(rd_kafka_resp_err_t error);

  std::uint64_t errors() const noexcept { return errors_.load(std::memory_order_relaxed); }
  /// The error that the client cannot go on after; empty while there is none.
  std::string fatal_error() const;
  /// The latest statistics; empty before the first.
  KafkaStatistics statistics() const;

 private:
  void note_client_error(rd_kafka_t* client, rd_kafka_resp_err_t error);
  void note_statistics(std::string_view json);

  const KafkaLog log_;
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<bool> fatal_{false};
  mutable std::mutex mutex_;  ///< guards the members below
  KafkaStatistics statistics_;
  std::string fatal_error_;
};

}  // namespace sluice
