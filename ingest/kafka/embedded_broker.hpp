#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace sluice {

/// A Kafka cluster inside this process, for the demo, tests and benchmarks (librdkafka's mock
/// cluster): clients reach it over 127.0.0.1. Keeps about 5 MB a partition and then drops the
/// oldest messages; knows no timestamps to start from, no transactions and no security.
/// Thread-safe.
class EmbeddedBroker {
 public:
  explicit EmbeddedBroker(int brokers = 1);
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  /// What clients connect to: "127.0.0.1:PORT".
  const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }

  void create_topic(const std::string& name, int partitions);

  /// Drops a partition's messages before `offset`.
  void delete_messages(const std::string& topic, std::int32_t partition, std::int64_t offset);

  /// From now on this broker (1, 2, ...) leads the partition.
  void lead(const std::string& topic, std::int32_t partition, std::int32_t broker);

  /// From now on each answer of this broker comes so much later.
  void slow_down(std::int32_t broker, std::chrono::milliseconds delay);

  /// Closes every broker's connections and refuses new ones until `start`.
  void stop();
  void start();

 private:
  struct Cluster;
  std::unique_ptr<Cluster> cluster_;
  std::string bootstrap_servers_;
};

}  // namespace sluice
