#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/kafka/embedded_broker.hpp"

namespace sluice::bench {

/// A Kafka topic full of JSON events of about 60 bytes, one a message, lz4, in several partitions:
/// {"user_id":"u123","amount":1234,"ts":1700000000123,"ok":true}
/// 10 s of event time per million events, disorder up to 1 s, uniform keys.
///
/// On the broker that the environment names (SLUICE_BENCH_KAFKA: bootstrap servers), else on an
/// embedded one, whose 5 MB a partition it stays below.
class KafkaLoad {
 public:
  KafkaLoad(std::uint64_t events, std::uint64_t keys);

  const std::string& brokers() const noexcept { return brokers_; }
  const std::string& topic() const noexcept { return topic_; }
  int partitions() const noexcept { return partitions_; }
  std::uint64_t events() const noexcept { return events_; }
  bool embedded() const noexcept { return broker_ != nullptr; }

 private:
  void produce(std::uint64_t keys);

  std::unique_ptr<EmbeddedBroker> broker_;
  std::string brokers_;
  std::string topic_;
  int partitions_;
  std::uint64_t events_;
};

/// The load with this many keys, filled when first asked for: every benchmark of a run reads the
/// same topic.
const KafkaLoad& kafka_load(std::uint64_t keys);

/// User and system time of this process, seconds.
double process_cpu_seconds();

}  // namespace sluice::bench
