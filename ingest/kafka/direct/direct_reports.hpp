#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "ingest/kafka/kafka_source.hpp"

namespace sluice {

/// Where the parts of a lane tell what went wrong, and count what waits. Figures are read by any
/// thread; the log is called from the lane's.
class DirectReports {
 public:
  DirectReports(std::string brokers, KafkaLog log)
      : brokers_(std::move(brokers)), log_(log ? std::move(log) : [](const std::string&) {}) {}

  /// Something that passes, and is no news.
  void count() noexcept { errors.fetch_add(1, std::memory_order_relaxed); }
  /// Something that has passed.
  void note(const std::string& what) const { log_(what); }
  /// Something that passes.
  void trouble(const std::string& what) {
    count();
    log_(what);
  }
  /// Something that does not.
  [[noreturn]] void fail(const std::string& what) const {
    throw SourceError("kafka " + brokers_ + ": " + what);
  }

  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> waiting_messages{0};  ///< received, not in a block yet
  std::atomic<std::uint64_t> waiting_bytes{0};

 private:
  const std::string brokers_;
  const KafkaLog log_;
};

}  // namespace sluice
