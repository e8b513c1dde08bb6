#pragma once

#include <memory>

#include <librdkafka/rdkafka.h>

namespace sluice {

/// Calls the C function that frees a handle.
template <auto Function>
struct FreeBy {
  template <typename Handle>
  void operator()(Handle* handle) const noexcept {
    Function(handle);
  }
};

using KafkaConf = std::unique_ptr<rd_kafka_conf_t, FreeBy<rd_kafka_conf_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, FreeBy<rd_kafka_queue_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, FreeBy<rd_kafka_event_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, FreeBy<rd_kafka_error_destroy>>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, FreeBy<rd_kafka_topic_destroy>>;
using KafkaAdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, FreeBy<rd_kafka_AdminOptions_destroy>>;
using KafkaPartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, FreeBy<rd_kafka_topic_partition_list_destroy>>;

/// Frees a client at once: leaving a group, and commits under way, are up to the caller.
struct DestroyClient {
  void operator()(rd_kafka_t* client) const noexcept {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};
using KafkaClient = std::unique_ptr<rd_kafka_t, DestroyClient>;

}  // namespace sluice
