#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "ingest/source_block.hpp"

namespace sluice::bench {

/// A format to decode, and what its events look like: time `t`, key `k` of a thousand, value `v`.
struct RawCase {
  std::string name;
  std::string format;  ///< YAML: the options of `format` beside fields
  std::string where;   ///< a condition, or empty
  /// Event number `event` at `time`; the longer ones are filled up to `bytes`.
  std::string (*text)(std::size_t event, EventTime time, std::size_t bytes);
  std::size_t bytes;
  bool message_an_event;  ///< else all events of a block are one message
};
std::vector<RawCase> raw_cases();

inline constexpr Milliseconds raw_pane = 10'000;

/// Count and sum over tumbling windows of `raw_pane`. @param block_bytes of a batch
Job raw_job(const RawCase& shape, std::size_t block_bytes);

/// Fills a cleared block with whole events, as many as `bytes` hold; all lie in window `window`.
void fill_block(const RawCase& shape, std::size_t window, std::size_t bytes, SourceBlock& block);

}  // namespace sluice::bench
