#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Sends messages to Kafka, for the demo, tests and benchmarks. Single-threaded.
class KafkaProducer {
 public:
  /// @param properties librdkafka's, for example {"compression.codec", "lz4"}
  /// @throws SourceError for a property that librdkafka refuses
  explicit KafkaProducer(const std::string& brokers,
                         const std::map<std::string, std::string>& properties = {});
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// @throws SourceError when the brokers refuse it or do not answer in time
  void create_topic(const std::string& name, int partitions, std::chrono::milliseconds timeout);

  /// Queues a copy of the message; waits for room in the queue. @param payload nullopt: a tombstone
  /// @throws SourceError when it can never be sent (too large, unknown partition)
  void send(const std::string& topic, std::int32_t partition,
            std::optional<std::string_view> payload);

  /// Waits until everything queued is delivered or given up. @returns false when time ran out
  bool flush(std::chrono::milliseconds timeout);

  std::uint64_t delivered() const noexcept;
  std::uint64_t failed() const noexcept;
  /// Why a message was given up, the latest reason.
  const std::string& last_failure() const noexcept;

 private:
  struct Client;
  std::unique_ptr<Client> client_;
};

}  // namespace sluice
