#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/state_budget.hpp"

namespace sluice::cpu {

/// Chunks of equal size in one reserved range, so that a chunk is a number. Thread-safe but for
/// address().
class ChunkPool {
 public:
  /// @param chunk_words 8-byte words in a chunk.
  ChunkPool(std::size_t chunk_words, StateBudget& budget);

  static constexpr std::uint32_t none = 0;

  /// @returns a chunk with whatever it held before, or none when the budget is used up.
  std::uint32_t take();
  void give(std::uint32_t chunk);

  std::uint64_t* address(std::uint32_t chunk) const noexcept {
    return base_ + (chunk - 1) * chunk_words_;
  }
  /// Chunks that take() surely has, if nothing else takes from the budget.
  std::size_t available() const noexcept { return budget_.left() / chunk_bytes(); }
  std::size_t chunk_words() const noexcept { return chunk_words_; }
  std::size_t chunk_bytes() const noexcept { return chunk_words_ * sizeof(std::uint64_t); }

 private:
  StateBudget& budget_;
  std::size_t chunk_words_;
  Pages memory_;
  std::uint64_t* base_;
  std::mutex mutex_;  ///< once a chunk, that is once in hundreds of rows
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace sluice::cpu
