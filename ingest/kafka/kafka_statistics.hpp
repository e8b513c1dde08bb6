#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

/// What librdkafka's statistics say about the partitions of one consumer.
struct KafkaStatistics {
  struct Partition {
    std::optional<std::int64_t> committed_offset;
    std::optional<std::int64_t> high_offset;         ///< past the last message
    std::optional<std::int64_t> last_stable_offset;  ///< past the last committed message
  };
  std::map<std::pair<std::string, std::int32_t>, Partition> partitions;  ///< by topic and number
  std::uint64_t fetch_queue_bytes = 0;
};

/// Reads librdkafka's statistics (STATISTICS.md of that library). nullopt when they cannot be read.
std::optional<KafkaStatistics> parse_kafka_statistics(std::string_view json);

}  // namespace sluice
