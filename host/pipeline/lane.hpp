#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "host/pipeline/batch_pool.hpp"
#include "host/pipeline/batch_queue.hpp"
#include "host/pipeline/clock.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/filter/event_filter.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// One ingest thread's work: fills blocks from its lane of the source, decodes and filters them and
/// passes them on. Shares nothing with other lanes on the path of an event.
class Lane {
 public:
  /// @param narrow whether the backend wants narrow columns
  /// @param filter the job's; nullopt: every event passes
  Lane(unsigned number, Source& source, const Format& format, const BlockLimits& limits,
       BatchPool& pool, BatchQueue& queue, std::atomic<std::uint64_t>& sequence, const Clock& clock,
       bool narrow, std::optional<EventFilter> filter = std::nullopt);

  /// Runs until the lane is finished, `stop` is requested or it breaks; tells the queue.
  void run(std::stop_token stop);

 private:
  bool step(std::stop_token stop);
  void seal(Batch& batch, FillResult result);
  void decode(Batch& batch);
  Batch* acquire(std::stop_token stop);
  bool await(const Batch& part);

  unsigned number_;
  Source& source_;
  Decoder decoder_;
  BlockLimits limits_;
  BatchPool& pool_;
  BatchQueue& queue_;
  std::atomic<std::uint64_t>& sequence_;
  const Clock& clock_;
  bool narrow_;
  std::optional<EventFilter> filter_;
  Milliseconds held_back_ = 0;  ///< time spent waiting for the engine
  Milliseconds last_sealed_ = 0;
};

}  // namespace sluice
