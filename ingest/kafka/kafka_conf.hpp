#pragma once

#include <string>

#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_settings.hpp"

namespace sluice {

/// The configuration of a consumer: our defaults, then the settings' properties, then what must be
/// as it is. Callbacks are the caller's to add. @throws SourceError with problem_of(settings)
KafkaConf consumer_conf(const KafkaSettings& settings);

/// Whether only committed transactions are read (isolation.level; librdkafka's default).
bool reads_committed(const rd_kafka_conf_t& conf);

/// @param name of the client in errors  @throws SourceError
KafkaClient make_client(rd_kafka_type_t type, KafkaConf conf, const std::string& name);

}  // namespace sluice
