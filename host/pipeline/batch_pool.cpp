#include "host/pipeline/batch_pool.hpp"

#include <algorithm>

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
    if (batch.last_part) {
      free_.push_back(&batch);
    } else {
      parts_.push_back(&batch);
    }
  }
  returned_.notify_all();
}

bool BatchPool::await(const Batch& part) {
  std::unique_lock lock(mutex_);
  auto found = parts_.end();
  returned_.wait(lock, [&] {
    found = std::find(parts_.begin(), parts_.end(), &part);
    return found != parts_.end() || abandoned_;
  });
  if (found == parts_.end()) return false;
  parts_.erase(found);
  return true;
}

void BatchPool::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  returned_.notify_all();
}

std::size_t BatchPool::available() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

}  // namespace sluice
