#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/config/job.hpp"
#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/kafka/kafka_producer.hpp"

namespace sluice {

/// What the messages of a KafkaLoad hold.
enum class KafkaPayload : std::uint8_t {
  json,   ///< one event of about 63 bytes a message, lz4:
          ///< {"user_id":"u123","amount":1234,"ts":1700000000123,"ok":true}
  packed  ///< 682 rows of 24 bytes (time, user, amount), 16,368 bytes a message, uncompressed
};

struct KafkaLoadSettings {
  std::string brokers;  ///< bootstrap servers; empty: a broker inside this process
  std::uint64_t events = 0;
  std::uint64_t keys = 1'000;
  KafkaPayload payload = KafkaPayload::json;
};

/// A Kafka topic full of events in several partitions, and jobs that read it: 10 s of event time
/// per million events, disorder up to 1 s, uniform keys. The topic of a broker that was named
/// stays.
class KafkaLoad {
 public:
  /// @throws SourceError when the broker does not take the messages
  explicit KafkaLoad(const KafkaLoadSettings& settings);

  const std::string& brokers() const noexcept { return brokers_; }
  const std::string& topic() const noexcept { return topic_; }
  int partitions() const noexcept { return partitions_; }
  std::uint64_t events() const noexcept { return settings_.events; }
  std::uint64_t keys() const noexcept { return settings_.keys; }
  bool embedded() const noexcept { return broker_ != nullptr; }

  /// The whole topic, once.
  KafkaSettings source(KafkaFetch fetch) const;
  /// Count, sum, least and most amount by user, in windows of 10 s.
  /// @param slide ms; 10,000: tumbling windows
  Job job(KafkaFetch fetch, Milliseconds slide = 10'000) const;

 private:
  void produce_json(KafkaProducer& producer);
  void produce_packed(KafkaProducer& producer);

  const KafkaLoadSettings settings_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::string brokers_;
  std::string topic_;
  int partitions_ = 4;
};

}  // namespace sluice
