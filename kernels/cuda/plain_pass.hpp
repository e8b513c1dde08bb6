#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cuda/plain_view.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

struct PassGrid {
  unsigned blocks = 1;
  unsigned threads = 0;
};

/// What the device gives a plain pass.
class PassResources {
 public:
  unsigned multiprocessors = 1;
  std::size_t shared_bytes = 0;  ///< dynamic, of one block at most

  /// A grid that stays on the device for the whole pass, 1024 threads a multiprocessor: each has
  /// three loads of 16 bytes in flight, more than the memory's latency needs, and may use 64
  /// registers.
  static constexpr unsigned threads_resident = 1024;
  static constexpr unsigned fewest_threads = 256;

  [[nodiscard]] unsigned blocks_for(std::size_t events, unsigned threads,
                                    std::size_t block_bytes) const noexcept {
    const std::size_t by_threads = threads_resident / threads;
    const std::size_t by_memory = block_bytes == 0 ? by_threads : shared_bytes / block_bytes;
    const std::size_t resident = std::max<std::size_t>(std::min(by_threads, by_memory), 1);
    const std::size_t needed = (events + threads * events_at_once - 1) / (threads * events_at_once);
    return static_cast<unsigned>(std::clamp<std::size_t>(needed, 1, resident * multiprocessors));
  }

  /// Large tables allow fewer blocks, which then have more threads.
  [[nodiscard]] PassGrid grid_for(std::size_t events, std::size_t block_bytes) const noexcept {
    unsigned threads = fewest_threads;
    while (threads < threads_resident &&
           block_bytes * (threads_resident / threads) > shared_bytes) {
      threads *= 2;
    }
    return {blocks_for(events, threads, block_bytes), threads};
  }

 private:
  static constexpr std::size_t events_at_once = 4;  ///< of a thread
};

/// Shared memory that a block of accumulate_private needs at least.
[[nodiscard]] std::size_t private_bytes(const PlainView& view, RowForm form);

/// Takes the plain events in; the others are listed as left over. Each block sums its events up in
/// rows of its own and merges them at the end. `view.groups` rows fit into shared memory.
void accumulate_private(const PlainView& view, RowForm form, const PassResources& resources,
                        Stream& stream);

/// The same with every event going straight into its row; a few rows that come first in a block
/// are its own, among them those of hot keys.
void accumulate_shared(const PlainView& view, RowForm form, const PassResources& resources,
                       Stream& stream);

}  // namespace sluice::cuda
