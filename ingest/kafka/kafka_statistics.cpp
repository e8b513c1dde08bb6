#include "ingest/kafka/kafka_statistics.hpp"

#include <algorithm>

#include <simdjson.h>

namespace sluice {
namespace {

namespace dom = simdjson::dom;

/// Negative offsets stand for "unknown".
std::optional<std::int64_t> offset_in(const dom::element& partition, const char* member) {
  std::int64_t offset = 0;
  if (partition[member].get(offset) != simdjson::SUCCESS || offset < 0) {
    return std::nullopt;
  }
  return offset;
}

}  // namespace

std::optional<KafkaStatistics> parse_kafka_statistics(std::string_view json) {
  dom::parser parser;
  dom::object topics;
  if (parser.parse(json.data(), json.size())["topics"].get(topics) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  KafkaStatistics statistics;
  for (const auto [name, topic] : topics) {
    dom::object partitions;
    if (topic["partitions"].get(partitions) != simdjson::SUCCESS) {
      continue;
    }
    for (const auto [key, partition] : partitions) {
      std::int64_t number = 0;
      if (partition["partition"].get(number) != simdjson::SUCCESS || number < 0) {
        continue;  // -1 stands for messages without a partition
      }
      statistics.partitions[{std::string(name), static_cast<std::int32_t>(number)}] = {
          .committed_offset = offset_in(partition, "committed_offset"),
          .high_offset = offset_in(partition, "hi_offset"),
          .last_stable_offset = offset_in(partition, "ls_offset")};
      // Every partition reports the consumer's one queue.
      std::uint64_t bytes = 0;
      if (partition["fetchq_size"].get(bytes) == simdjson::SUCCESS) {
        statistics.fetch_queue_bytes = std::max(statistics.fetch_queue_bytes, bytes);
      }
    }
  }
  return statistics;
}

}  // namespace sluice
