#include "kernels/cpu/merge_layers.hpp"

#include <algorithm>

namespace sluice::cpu {
namespace {

// Chunks that a worker merges at a time.
constexpr std::size_t chunks_together = 16;

}  // namespace

void merge_layers(Workers& workers, PaneTable& table) {
  for (unsigned layer = 1; layer < workers.count(); ++layer) {
    const std::size_t chunks = table.layer_chunks(layer);
    workers.each((chunks + chunks_together - 1) / chunks_together, [&](unsigned, std::size_t part) {
      const std::size_t first = part * chunks_together;
      for (std::size_t k = first; k < std::min(chunks, first + chunks_together); ++k) {
        table.merge(layer, k);
      }
    });
  }
  table.end_merging();
}

}  // namespace sluice::cpu
