#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/state_budget.hpp"

namespace sluice::cpu {

/// Chunks of equal size in one reserved range. Thread-safe.
class ChunkPool {
 public:
  /// @param chunk_words 8-byte words in a chunk.
  /// @param spare so many chunks are there from the start, outside the budget
  ChunkPool(std::size_t chunk_words, std::size_t spare, StateBudget& budget);

  /// @returns a chunk with whatever it held before, or nullptr when the budget is used up.
  std::uint64_t* take();
  /// Fills `chunks` from its start as far as the budget goes. @returns how many
  std::size_t take(std::span<std::uint64_t*> chunks);
  void give(std::uint64_t* chunk) { give({&chunk, 1}); }
  void give(std::span<std::uint64_t* const> chunks);

  /// Where the first chunk lies; the spare ones come first.
  std::uint64_t* base() const noexcept { return base_; }
  std::size_t chunk_words() const noexcept { return chunk_words_; }
  std::size_t chunk_bytes() const noexcept { return chunk_words_ * sizeof(std::uint64_t); }

 private:
  StateBudget& budget_;
  std::size_t chunk_words_;
  Pages memory_;
  std::uint64_t* base_;
  std::mutex mutex_;  ///< once in several chunks, that is once in hundreds of rows
  std::vector<std::uint64_t*> free_;
  std::size_t used_;
};

}  // namespace sluice::cpu
