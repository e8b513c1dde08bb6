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

inline constexpr VersionRange fetch_versions{4, 11};

/// What an answer may hold and when it is sent.
struct FetchLimits {
  std::int32_t max_wait_ms = 100;
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 16 << 20;
  bool committed_only = true;
};

/// One partition of a request. The broker fills its answer in the order of the request.
struct FetchPosition {
  std::string_view topic;
  std::int32_t number = 0;
  std::int64_t offset = 0;
  std::int32_t leader_epoch = -1;  ///< as the metadata told; -1: not checked
  std::int32_t max_bytes = 4 << 20;
};

/// Without a fetch session, and from the leader only.
void write_fetch_request(WireWriter& into, std::int16_t version, const FetchLimits& limits,
                         std::span<const FetchPosition> positions);

/// From `first_offset` on, this producer's transaction in the answer was aborted.
struct AbortedTransaction {
  std::int64_t producer = 0;
  std::int64_t first_offset = 0;
};

/// A broker's answer. Views point into its bytes. Reused: reading into it keeps the memory.
struct FetchAnswer {
  struct Partition {
    std::string_view topic;
    std::int32_t number = 0;
    BrokerError error = BrokerError::none;
    std::int64_t high_watermark = -1;
    std::int64_t last_stable_offset = -1;
    std::size_t first_aborted = 0;  ///< in `aborted`
    std::size_t aborted_count = 0;
    std::span<const std::byte> batches;  ///< the last one may be cut off
  };
  std::int32_t throttle_ms = 0;
  BrokerError error = BrokerError::none;
  std::vector<Partition> partitions;
  std::vector<AbortedTransaction> aborted;
};

/// @returns false when the answer is torn
bool read_fetch_answer(std::span<const std::byte> answer, std::int16_t version, FetchAnswer& into);

}  // namespace sluice
