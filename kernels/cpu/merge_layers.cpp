#include "kernels/cpu/merge_layers.hpp"

#include <algorithm>
#include <atomic>

namespace sluice::cpu {
namespace {

// Chunks that a worker merges at a time.
constexpr std::size_t chunks_together = 16;

}  // namespace

std::size_t merge_layers(Workers& workers, PaneTable& table) {
  std::atomic<std::size_t> added{0};
  for (unsigned layer = 1; layer < workers.count(); ++layer) {
    const std::size_t chunks = table.layer_chunks(layer);
    workers.each((chunks + chunks_together - 1) / chunks_together, [&](unsigned, std::size_t part) {
      const std::size_t first = part * chunks_together;
      std::size_t here = 0;
      for (std::size_t k = first; k < std::min(chunks, first + chunks_together); ++k) {
        if (table.merge(layer, k)) ++here;
      }
      added.fetch_add(here, std::memory_order_relaxed);
    });
  }
  table.end_merging();
  return added.load() * table.chunk_rows();
}

}  // namespace sluice::cpu
