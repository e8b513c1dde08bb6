#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "host/pipeline/batch.hpp"

namespace sluice {

inline StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

/// Batches of `capacity` events without values.
inline std::vector<std::unique_ptr<Batch>> make_batches(std::size_t count,
                                                        std::size_t capacity = 16) {
  std::vector<std::unique_ptr<Batch>> batches;
  for (std::size_t i = 0; i < count; ++i) {
    batches.push_back(std::make_unique<Batch>(
        plain_memory(4'096 + block_padding),
        plain_memory(DecodedEvents::bytes_needed(capacity, 0) + 64), capacity, 0));
  }
  return batches;
}

}  // namespace sluice
