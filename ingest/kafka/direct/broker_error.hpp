#pragma once

#include <cstdint>
#include <string>

namespace sluice {

/// Error codes of Kafka's protocol; a broker may send others.
enum class BrokerError : std::int16_t {
  none = 0,
  offset_out_of_range = 1,
  corrupt_message = 2,
  unknown_topic_or_partition = 3,
  leader_not_available = 5,
  not_leader = 6,
  replica_not_available = 9,
  topic_authorization_failed = 29,
  unsupported_for_message_format = 43,
  kafka_storage_error = 56,
  fenced_leader_epoch = 74,
  unknown_leader_epoch = 75,
  unsupported_compression_type = 76,
};

/// What to do about an error of a partition.
enum class ErrorRemedy : std::uint8_t {
  ask_again,    ///< passes by itself
  find_leader,  ///< passes once the partition's leader is known anew
  give_up,      ///< does not pass
};
ErrorRemedy remedy_of(BrokerError error) noexcept;

/// As librdkafka words it.
std::string text_of(BrokerError error);

}  // namespace sluice
