#include "kernels/cpu/chunk_pool.hpp"

namespace sluice::cpu {

ChunkPool::ChunkPool(std::size_t chunk_words, StateBudget& budget)
    : budget_(budget),
      chunk_words_(chunk_words),
      memory_(budget.limit() / chunk_bytes() * chunk_bytes()),
      base_(reinterpret_cast<std::uint64_t*>(memory_.data())) {}

std::uint32_t ChunkPool::take() {
  if (!budget_.take(chunk_bytes())) return none;
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return ++used_;
  const std::uint32_t chunk = free_.back();
  free_.pop_back();
  return chunk;
}

void ChunkPool::give(std::uint32_t chunk) {
  const std::lock_guard lock(mutex_);
  free_.push_back(chunk);
  budget_.give(chunk_bytes());
}

}  // namespace sluice::cpu
