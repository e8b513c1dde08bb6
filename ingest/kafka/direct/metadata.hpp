#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/broker_error.hpp"
#include "ingest/kafka/direct/wire.hpp"

namespace sluice {

/// Where a broker listens.
struct BrokerAddress {
  std::string host;
  std::uint16_t port = 9'092;
  friend bool operator==(const BrokerAddress&, const BrokerAddress&) = default;
};
std::string text_of(const BrokerAddress& address);

/// The cluster's brokers, and who leads which partition.
struct Metadata {
  struct Broker {
    std::int32_t id = 0;
    BrokerAddress address;
  };
  struct Partition {
    BrokerError error = BrokerError::none;
    std::int32_t number = 0;
    std::int32_t leader = -1;        ///< a broker's id; -1: none
    std::int32_t leader_epoch = -1;  ///< -1: the broker is too old to tell
  };
  struct Topic {
    BrokerError error = BrokerError::none;
    std::string name;
    std::vector<Partition> partitions;
  };
  std::vector<Broker> brokers;
  std::vector<Topic> topics;
};

inline constexpr VersionRange metadata_versions{4, 7};

/// Asks about `topics`, without creating them.
void write_metadata_request(WireWriter& into, std::span<const std::string> topics);

/// nullopt when the answer is torn.
std::optional<Metadata> read_metadata(std::span<const std::byte> answer, std::int16_t version);

}  // namespace sluice
