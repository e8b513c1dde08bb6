#include "host/pipeline/batch_pool.hpp"

namespace sluice {

BatchPool::BatchPool(std::vector<std::unique_ptr<Batch>> batches) : batches_(std::move(batches)) {
  for (const auto& batch : batches_) free_.push_back(batch.get());
}

Batch* BatchPool::acquire(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!returned_.wait(lock, stop, [&] { return !free_.empty(); })) return nullptr;
  Batch* batch = free_.back();
  free_.pop_back();
  lock.unlock();
  batch->clear();
  return batch;
}

void BatchPool::give_back(Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(&batch);
  }
  returned_.notify_one();
}

std::size_t BatchPool::available() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

}  // namespace sluice
