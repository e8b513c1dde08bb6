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
  void give_back(Batch& batch);

  std::size_t size() const noexcept { return batches_.size(); }
  std::size_t available() const;

 private:
  std::vector<std::unique_ptr<Batch>> batches_;
  mutable std::mutex mutex_;
  std::condition_variable_any returned_;
  std::vector<Batch*> free_;
};

}  // namespace sluice
