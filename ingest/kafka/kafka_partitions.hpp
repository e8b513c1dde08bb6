#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/kafka_settings.hpp"

namespace sluice {

/// A partition to read, with where to start and, to read it once, where to stop.
struct KafkaPartition {
  std::string topic;
  std::int32_t number = 0;
  std::int64_t start = 0;
  std::optional<std::int64_t> end;  ///< past the last message to read; at or before start: nothing
};

/// A partition of a lane.
struct AssignedPartition {
  PartitionIndex index = 0;
  KafkaPartition partition;
};

/// Asks the brokers for the topics' partitions and works out where to start (KafkaStart) and to
/// stop (KafkaSettings::once: the last stable offset when only committed messages are read). In the
/// order of the settings' topics, those of a regex by name; then by number.
/// @throws SourceError: no answer within start_timeout, an unknown topic, no match of the regex, a
/// start outside of what the log holds. Names brokers, topic and partition.
std::vector<KafkaPartition> find_partitions(const KafkaSettings& settings);

}  // namespace sluice
