#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// Where reading a topic starts.
struct KafkaStart {
  enum class From : std::uint8_t { earliest, latest, committed, timestamp, offsets };
  From from = From::committed;  ///< a partition without a commit: earliest
  EventTime timestamp = 0;      ///< From::timestamp: first message at or after, ms
  /// From::offsets: by topic and partition; every partition of the topics needs one.
  std::map<std::string, std::map<std::int32_t, std::int64_t>> offsets;
};

/// Who fetches the messages: connections of our own, or librdkafka's consumer.
enum class KafkaFetch : std::uint8_t { automatic, direct, librdkafka };

/// The `source` section of a job of type kafka.
struct KafkaSettings {
  std::string brokers;
  std::vector<std::string> topics;  ///< names, or one POSIX extended regex starting with ^
  std::string group;                ///< for offset commits only; empty: never commit
  KafkaStart start;
  bool once = false;  ///< read to the ends seen at start, then finish
  std::map<std::string, std::string>
      properties;                            ///< librdkafka's, passed through; may hold secrets
  KafkaFetch fetch = KafkaFetch::automatic;  ///< automatic: direct, where nothing speaks against it
  unsigned lanes = 0;                        ///< 0: one a core, at most one a partition
  std::chrono::milliseconds start_timeout{15'000};  ///< for the brokers to answer at start
};

/// What is wrong with `properties`: one that is unknown, has a value that librdkafka refuses, or is
/// ours to set. Names the property and never shows a secret's value. nullopt when all is well.
std::optional<std::string> problem_of(const KafkaSettings& settings);

/// Why these settings need librdkafka's own consumer, in a few words; nullopt when the direct path
/// can do all that they ask for. @param settings without a problem
std::optional<std::string> why_not_direct(const KafkaSettings& settings);

}  // namespace sluice
