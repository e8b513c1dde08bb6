#include "ingest/kafka/direct/metadata.hpp"

#include <limits>

namespace sluice {
namespace {

constexpr std::size_t id_bytes = sizeof(std::int32_t);

void skip_ids(WireReader& reader) { reader.skip(reader.count(id_bytes) * id_bytes); }

void read_brokers(WireReader& reader, Metadata& metadata) {
  const std::size_t count = reader.count(12);
  for (std::size_t i = 0; i < count && reader.good(); ++i) {
    Metadata::Broker broker;
    broker.id = reader.int32();
    broker.address.host = reader.text();
    broker.address.port = static_cast<std::uint16_t>(reader.int32());
    (void)reader.text();  // its rack
    metadata.brokers.push_back(std::move(broker));
  }
}

Metadata::Partition read_partition(WireReader& reader, std::int16_t version) {
  Metadata::Partition partition;
  partition.error = static_cast<BrokerError>(reader.int16());
  partition.number = reader.int32();
  partition.leader = reader.int32();
  partition.leader_epoch = version >= 7 ? reader.int32() : -1;
  skip_ids(reader);  // replicas
  skip_ids(reader);  // in sync
  if (version >= 5) {
    skip_ids(reader);  // offline
  }
  return partition;
}

}  // namespace

std::string text_of(const BrokerAddress& address) {
  const bool six = address.host.find(':') != std::string::npos;
  return (six ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

void write_metadata_request(WireWriter& into, std::span<const std::string> topics) {
  into.int32(static_cast<std::int32_t>(topics.size()));
  for (const std::string& topic : topics) {
    into.text(topic);
  }
  into.int8(0);  // creates none
}

std::optional<Metadata> read_metadata(std::span<const std::byte> answer, std::int16_t version) {
  WireReader reader(answer);
  Metadata metadata;
  reader.skip(sizeof(std::int32_t));  // throttled for so long: asked seldom enough
  read_brokers(reader, metadata);
  (void)reader.text();                // the cluster's name
  reader.skip(sizeof(std::int32_t));  // its controller
  const std::size_t topics = reader.count(9);
  for (std::size_t i = 0; i < topics && reader.good(); ++i) {
    Metadata::Topic topic;
    topic.error = static_cast<BrokerError>(reader.int16());
    topic.name = reader.text();
    reader.skip(1);  // whether it is internal
    const std::size_t partitions = reader.count(18);
    for (std::size_t p = 0; p < partitions && reader.good(); ++p) {
      topic.partitions.push_back(read_partition(reader, version));
    }
    metadata.topics.push_back(std::move(topic));
  }
  return reader.good() ? std::optional(std::move(metadata)) : std::nullopt;
}

}  // namespace sluice
