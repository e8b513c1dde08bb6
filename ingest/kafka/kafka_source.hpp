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

/// Partitions of Kafka topics, assigned for good, split evenly over the lanes, which are pinned to
/// cores when there is a lane for every core. A lane fetches over connections of its own
/// (KafkaFetch::direct), where memory is bounded by two answers of fetch.max.bytes a leader; or it
/// has a consumer of librdkafka, bounded by its queue limits (queued.max.messages.kbytes, and about
/// 330 bytes a message). A lane that is not driven fetches no further. Brokers that go away are
/// waited for; a deleted topic, a lost offset or a fatal client error ends with SourceError.
///
/// @throws SourceError as find_partitions does
std::unique_ptr<Source> make_kafka_source(const KafkaSettings& settings, KafkaLog log);

}  // namespace sluice
