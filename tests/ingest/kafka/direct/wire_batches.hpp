#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/kafka/direct/wire_batch.hpp"

namespace sluice::wire_test {

using Bytes = std::vector<std::byte>;

/// A batch of messages as tests describe it, for `encode`.
struct BatchSpec {
  struct MessageSpec {
    std::optional<std::string> value;
    std::optional<std::string> key = std::nullopt;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::int64_t timestamp_delta = 0;
    std::optional<std::int32_t> offset_delta = std::nullopt;  ///< unset: its place in the batch
  };

  std::int64_t base_offset = 0;
  std::vector<MessageSpec> messages;
  Compression compression = Compression::none;
  bool java_snappy = false;  ///< the Java client's framing around snappy
  std::int64_t base_timestamp = 1'700'000'000'000;
  std::int64_t max_timestamp = 1'700'000'000'000;
  bool log_append_time = false;
  bool transactional = false;
  bool control = false;
  std::int64_t producer = -1;
  std::int32_t leader_epoch = 0;
  std::optional<std::int32_t> last_offset_delta = std::nullopt;  ///< unset: of the last message
  int format = 2;
};

/// A batch as a log holds it, with its checksum.
Bytes encode(const BatchSpec& batch);

/// Only the messages, uncompressed.
Bytes encode_messages(const BatchSpec& batch);

/// The end of a producer's transaction.
BatchSpec end_of_transaction(std::int64_t offset, std::int64_t producer, bool committed);

/// Plain values from `base_offset` on.
BatchSpec batch_of(std::int64_t base_offset, const std::vector<std::string>& values,
                   Compression compression = Compression::none);

/// As `compression` says.
Bytes compress(Compression compression, const Bytes& messages, bool java_snappy = false);

}  // namespace sluice::wire_test
