#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// Where reading a topic starts.
struct KafkaStart {
  enum class From : std::uint8_t { earliest, latest, committed, timestamp, offsets };
  From from = From::committed;
  EventTime timestamp = 0;  ///< From::timestamp: first message at or after, ms
  std::map<std::string, std::map<std::int32_t, std::int64_t>> offsets;  ///< From::offsets: by topic
};

/// The `source` section of a job of type kafka.
struct KafkaSettings {
  std::string brokers;
  std::vector<std::string> topics;  ///< names, or one regex starting with ^
  std::string group;                ///< for offset commits only; empty: never commit
  KafkaStart start;
  bool once = false;                ///< read to the ends seen at start, then finish
  std::map<std::string, std::string> properties;  ///< librdkafka's, passed through; may hold secrets
  unsigned lanes = 0;               ///< 0: one a core, at most one a partition
};

}  // namespace sluice
