#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/broker_error.hpp"
#include "ingest/kafka/direct/wire.hpp"

namespace sluice {

/// OffsetForLeaderEpoch: asks a partition's leader where the messages of an epoch end in its log.
/// If that is before what was read, an unclean election cut the log off.
inline constexpr VersionRange leader_epoch_versions{2, 2};

struct EpochQuestion {
  std::string_view topic;
  std::int32_t number = 0;
  std::int32_t leader_epoch = -1;  ///< of the leader that is asked
  std::int32_t read_epoch = -1;    ///< of the last messages that were read
};

void write_epoch_request(WireWriter& into, std::span<const EpochQuestion> questions);

struct EpochEnd {
  std::string_view topic;  ///< points into the answer
  std::int32_t number = 0;
  BrokerError error = BrokerError::none;
  std::int32_t epoch = -1;       ///< the newest one up to the epoch asked for; -1: unknown
  std::int64_t end_offset = -1;  ///< past its last message; -1: unknown
};

/// @returns false when the answer is torn
bool read_epoch_answer(std::span<const std::byte> answer, std::vector<EpochEnd>& into);

}  // namespace sluice
