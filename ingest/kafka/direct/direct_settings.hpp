#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/direct/fetch.hpp"
#include "ingest/kafka/direct/metadata.hpp"
#include "ingest/kafka/direct/sasl.hpp"
#include "ingest/kafka/direct/tls.hpp"
#include "ingest/kafka/kafka_settings.hpp"

namespace sluice {

/// What the direct path takes of a source's settings and of librdkafka's properties.
struct DirectSettings {
  std::string brokers;  ///< as the user wrote them, for messages
  std::vector<BrokerAddress> bootstrap;
  std::string client_id;
  FetchLimits limits;
  std::int32_t partition_max_bytes = 4 << 20;
  std::size_t max_answer_bytes = 100'000'000;
  bool check_checksums = true;
  int receive_buffer_bytes = 0;  ///< of a socket; 0: the system's
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds answer_timeout{60'000};
  std::chrono::milliseconds backoff{100};  ///< before connecting again; doubles up to backoff_max
  std::chrono::milliseconds backoff_max{10'000};
  std::chrono::milliseconds error_backoff{500};  ///< after an error of a partition
  std::chrono::milliseconds metadata_interval{
      300'000};  ///< leaders are looked up at least so often
  std::chrono::milliseconds unknown_topic_grace{
      30'000};  ///< until an unknown topic is taken for gone
  std::optional<TlsSettings> tls;
  std::optional<SaslSettings> sasl;
};

/// @throws SourceError when the properties are not valid
DirectSettings direct_settings(const KafkaSettings& settings);

}  // namespace sluice
