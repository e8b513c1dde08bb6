#include "host/pipeline/batch_queue.hpp"

namespace sluice {

BatchQueue::Place BatchQueue::after(const Place& place, const Batch& batch) noexcept {
  return batch.last_part ? Place{place.sequence + 1, 0} : Place{place.sequence, place.part + 1};
}

void BatchQueue::push(Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(Place{batch.block.sequence, batch.part}, &batch);
  }
  changed_.notify_one();
}

void BatchQueue::lane_done() {
  {
    const std::lock_guard lock(mutex_);
    --lanes_;
  }
  changed_.notify_one();
}

void BatchQueue::fail(std::exception_ptr failure) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = failure;
  }
  changed_.notify_one();
}

Batch* BatchQueue::pop() {
  std::unique_lock lock(mutex_);
  const auto head_is_ready = [&] { return !waiting_.empty() && waiting_.begin()->first == next_; };
  changed_.wait(lock, [&] { return head_is_ready() || failure_ != nullptr || lanes_ == 0; });
  if (failure_ != nullptr && !head_is_ready()) std::rethrow_exception(failure_);
  if (waiting_.empty()) return nullptr;
  const auto [place, batch] = *waiting_.begin();
  waiting_.erase(waiting_.begin());
  next_ = after(place, *batch);
  return batch;
}

bool BatchQueue::failed() {
  const std::lock_guard lock(mutex_);
  return failure_ != nullptr;
}

std::vector<Batch*> BatchQueue::ready(std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<Batch*> batches;
  Place expected = next_;
  for (const auto& [place, batch] : waiting_) {
    if (place != expected || batches.size() == most) break;
    batches.push_back(batch);
    expected = after(place, *batch);
  }
  return batches;
}

}  // namespace sluice
