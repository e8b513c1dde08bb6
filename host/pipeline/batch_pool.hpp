#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "host/pipeline/batch.hpp"

namespace sluice {

/// The pipeline's batches, made once: what bounds its memory. Thread-safe.
class BatchPool {
 public:
  explicit BatchPool(std::vector<std::unique_ptr<Batch>> batches);

  /// A cleared batch; waits for one. nullptr once `stop` is requested.
  Batch* acquire(std::stop_token stop);
  /// The engine is done with a batch: its lane goes on with the next part, or it is free.
  void give_back(Batch& batch);
  /// Waits until a part that its lane sent off is given back. false when it never will be.
  bool await(const Batch& part);
  /// Nobody gives back any more: the engine broke.
  void abandon();

  std::size_t size() const noexcept { return batches_.size(); }
  std::size_t available() const;

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  mutable std::mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<Batch*> free_;
  std::vector<const Batch*> parts_;  ///< given back to their lanes
  bool abandoned_ = false;
};

}  // namespace sluice
