#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::system_test {

/// What tests ask of a Kafka cluster, straight on librdkafka. Calls wait for their effect and throw
/// std::runtime_error when it does not come.
class KafkaClient {
 public:
  /// @param properties librdkafka's, for the producer
  explicit KafkaClient(const std::string& brokers,
                       const std::map<std::string, std::string>& properties = {});
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  /// Makes a topic and waits until the leaders of its partitions answer.
  void create_topic(const std::string& name, int partitions);
  /// The same, with one partition for each entry, on these brokers: the first one leads.
  void create_topic(const std::string& name,
                    const std::vector<std::vector<std::int32_t>>& replicas);

  /// Queues a message. @param payload nullopt: a tombstone  @param timestamp ms; 0: now
  void produce(const std::string& topic, std::int32_t partition,
               std::optional<std::string_view> payload, std::int64_t timestamp = 0);
  /// Waits until everything queued is in the log.
  void flush();

  /// The next offset that a group has committed; nullopt: none.
  std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                        std::int32_t partition);

 private:
  struct Handles;

  std::unique_ptr<Handles> handles_;
};

}  // namespace sluice::system_test
