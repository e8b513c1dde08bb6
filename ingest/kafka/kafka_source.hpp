#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ingest/kafka/kafka_settings.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Takes a line about the client's troubles: a broker that went away, a commit that failed. Called
/// from several threads.
using KafkaLog = std::function<void(const std::string&)>;

/// Partitions of Kafka topics, assigned for good, split evenly over the lanes: one consumer a lane,
/// pinned to a core when there is a lane for every core. Memory is bounded by librdkafka's queue
/// limits (queued.max.messages.kbytes a lane, and about 330 bytes a message); a lane that is not
/// driven fetches no further. Brokers that go away are waited for; a deleted topic, a lost offset
/// or a fatal client error ends with SourceError.
///
/// @throws SourceError as find_partitions does
std::unique_ptr<Source> make_kafka_source(const KafkaSettings& settings, KafkaLog log);

}  // namespace sluice
