#pragma once

#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_settings.hpp"

namespace sluice {

/// The configuration of a consumer: our defaults, then the settings' properties, then what must be
/// as it is. Callbacks are the caller's to add. @throws SourceError with problem_of(settings)
KafkaConf consumer_conf(const KafkaSettings& settings);

/// Whether only committed transactions are read (isolation.level; librdkafka's default).
bool reads_committed(const rd_kafka_conf_t& conf);

/// Makes a consumer. @throws SourceError naming the brokers
KafkaClient make_consumer(KafkaConf conf, const KafkaSettings& settings);

}  // namespace sluice
