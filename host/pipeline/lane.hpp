#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "host/pipeline/batch_pool.hpp"
#include "host/pipeline/batch_queue.hpp"
#include "host/pipeline/block_decoder.hpp"
#include "host/pipeline/clock.hpp"
#include "host/pipeline/raw_batches.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// One ingest thread's work: fills blocks from its lane of the source and passes them on, decoded
/// and filtered or, while the backend is to do that, as they were read. Shares nothing with other
/// lanes on the path of an event.
class Lane {
 public:
  /// @param raw says whether the backend decodes; nullptr: it cannot
  Lane(unsigned number, Source& source, BlockDecoder decoder, const BlockLimits& limits,
       BatchPool& pool, BatchQueue& queue, std::atomic<std::uint64_t>& sequence, const Clock& clock,
       const RawBatches* raw = nullptr);

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
  BlockDecoder decoder_;
  BlockLimits limits_;
  BatchPool& pool_;
  BatchQueue& queue_;
  std::atomic<std::uint64_t>& sequence_;
  const Clock& clock_;
  const RawBatches* raw_;
  Milliseconds held_back_ = 0;  ///< time spent waiting for the engine
  Milliseconds last_sealed_ = 0;
};

}  // namespace sluice
