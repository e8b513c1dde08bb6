#include "kernels/cpu/chunk_pool.hpp"

#include <algorithm>

namespace sluice::cpu {

ChunkPool::ChunkPool(std::size_t chunk_words, std::size_t spare, StateBudget& budget)
    : budget_(budget),
      chunk_words_(chunk_words),
      memory_((budget.limit() / chunk_bytes() + spare) * chunk_bytes()),
      base_(reinterpret_cast<std::uint64_t*>(memory_.data())),
      used_(spare) {}

std::uint64_t* ChunkPool::take() {
  std::uint64_t* chunk = nullptr;
  take({&chunk, 1});
  return chunk;
}

std::size_t ChunkPool::take(std::span<std::uint64_t*> chunks) {
  std::size_t count = std::min(chunks.size(), budget_.left() / chunk_bytes());
  while (count != 0 && !budget_.take(count * chunk_bytes())) --count;
  const std::lock_guard lock(mutex_);
  for (std::uint64_t*& chunk : chunks.first(count)) {
    if (free_.empty()) {
      chunk = base_ + used_++ * chunk_words_;
    } else {
      chunk = free_.back();
      free_.pop_back();
    }
  }
  return count;
}

void ChunkPool::give(std::span<std::uint64_t* const> chunks) {
  const std::lock_guard lock(mutex_);
  free_.insert(free_.end(), chunks.begin(), chunks.end());
  budget_.give(chunks.size() * chunk_bytes());
}

}  // namespace sluice::cpu
