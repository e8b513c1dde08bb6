#include "ingest/kafka/direct/fetch.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr std::int32_t a_consumer = -1;  // in place of a replica's id
constexpr std::int32_t no_session = 0;
constexpr std::int32_t sessionless = -1;  // epoch of a request that wants no session
constexpr std::int64_t no_log_start = -1;

void write_position(WireWriter& into, std::int16_t version, const FetchPosition& position) {
  into.int32(position.number);
  if (version >= 9) {
    into.int32(position.leader_epoch);
  }
  into.int64(position.offset);
  if (version >= 5) {
    into.int64(no_log_start);
  }
  into.int32(position.max_bytes);
}

void read_aborted(WireReader& reader, FetchAnswer::Partition& partition, FetchAnswer& into) {
  partition.first_aborted = into.aborted.size();
  partition.aborted_count = reader.count(2 * sizeof(std::int64_t));
  for (std::size_t i = 0; i < partition.aborted_count; ++i) {
    const std::int64_t producer = reader.int64();
    into.aborted.push_back({producer, reader.int64()});
  }
}

void read_partition(WireReader& reader, std::int16_t version, std::string_view topic,
                    FetchAnswer& into) {
  FetchAnswer::Partition partition;
  partition.topic = topic;
  partition.number = reader.int32();
  partition.error = static_cast<BrokerError>(reader.int16());
  partition.high_watermark = reader.int64();
  partition.last_stable_offset = reader.int64();
  if (version >= 5) {
    reader.skip(sizeof(std::int64_t));  // where the log starts
  }
  read_aborted(reader, partition, into);
  if (version >= 11) {
    reader.skip(sizeof(std::int32_t));  // the replica to prefer, for those who name a rack
  }
  partition.batches = reader.bytes();
  into.partitions.push_back(partition);
}

}  // namespace

void write_fetch_request(WireWriter& into, std::int16_t version, const FetchLimits& limits,
                         std::span<const FetchPosition> positions) {
  into.int32(a_consumer);
  into.int32(limits.max_wait_ms);
  into.int32(limits.min_bytes);
  into.int32(limits.max_bytes);
  into.int8(limits.committed_only ? 1 : 0);
  if (version >= 7) {
    into.int32(no_session);
    into.int32(sessionless);
  }
  const std::size_t topics_at = into.int32_later();
  std::size_t topics = 0;
  for (std::size_t i = 0; i < positions.size(); ++topics) {
    const std::string_view topic = positions[i].topic;
    into.text(topic);
    const std::size_t count_at = into.int32_later();
    const std::size_t first = i;
    for (; i < positions.size() && positions[i].topic == topic; ++i) {
      write_position(into, version, positions[i]);
    }
    into.fill_in(count_at, i - first);
  }
  into.fill_in(topics_at, topics);
  if (version >= 7) {
    into.int32(0);  // nothing that a session should forget
  }
  if (version >= 11) {
    into.text({});  // no rack
  }
}

bool read_fetch_answer(std::span<const std::byte> answer, std::int16_t version, FetchAnswer& into) {
  into.partitions.clear();
  into.aborted.clear();
  WireReader reader(answer);
  into.throttle_ms = reader.int32();
  into.error = BrokerError::none;
  if (version >= 7) {
    into.error = static_cast<BrokerError>(reader.int16());
    reader.skip(sizeof(std::int32_t));  // the session
  }
  const std::size_t topics = reader.count(6);
  for (std::size_t i = 0; i < topics && reader.good(); ++i) {
    const std::string_view topic = reader.text();
    const std::size_t partitions = reader.count(30);
    for (std::size_t p = 0; p < partitions && reader.good(); ++p) {
      read_partition(reader, version, topic, into);
    }
  }
  return reader.good();
}

}  // namespace sluice
