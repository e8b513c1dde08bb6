#include "kernels/cuda/decode/compact_events.hpp"

#include "kernels/cuda/block_scan.cuh"
#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

/// Places that one thread looks at: two words of `keep`.
constexpr std::uint32_t piece_places = 16;
static_assert(kept_tile_places == piece_places * block_size);

/// Bit i: the event at place first + i goes on.
__device__ std::uint32_t kept_from(const KeptEvents& events, std::uint32_t first) {
  if (first >= events.places) return 0;
  const char* const keep = reinterpret_cast<const char*>(events.from.keep);
  const std::uint64_t low = load_aligned(keep, first) & byte_ones;
  const std::uint64_t high = load_aligned(keep, first + 8) & byte_ones;
  const std::uint32_t bits = bits_of_passed(low << 7) | bits_of_passed(high << 7) << 8;
  const std::uint32_t left = events.places - first;
  return left < piece_places ? bits & ((1u << left) - 1) : bits;
}

__global__ void __launch_bounds__(block_size)
    count_kept_kernel(const __grid_constant__ KeptEvents events) {
  __shared__ std::uint32_t counts[block_size];
  const std::uint32_t tiles = kept_tiles(events.places);
  for (std::uint32_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const std::uint32_t first = tile * kept_tile_places + threadIdx.x * piece_places;
    counts[threadIdx.x] = static_cast<std::uint32_t>(__popc(kept_from(events, first)));
    __syncthreads();
    const std::uint32_t all = scan_block(counts, block_size);
    if (threadIdx.x == 0) events.tile_counts[tile] = all;
    __syncthreads();
  }
}

__global__ void __launch_bounds__(block_size)
    add_kept_counts_kernel(const __grid_constant__ KeptEvents events) {
  scan_block(events.tile_counts, kept_tiles(events.places));
}

template <class T>
__device__ void copy_event(const T* from, T* to, std::uint32_t place, std::uint32_t kept) {
  if (from != nullptr) to[kept] = from[place];
}

__device__ void copy_event(const KeptEvents& events, std::uint32_t place, std::uint32_t kept) {
  const DecodedColumns& from = events.from;
  const DecodedColumns& to = events.to;
  copy_event(from.time, to.time, place, kept);
  copy_event(from.key_low, to.key_low, place, kept);
  copy_event(from.key_high, to.key_high, place, kept);
  copy_event(from.partition, to.partition, place, kept);
  copy_event(from.begin, to.begin, place, kept);
  copy_event(from.length, to.length, place, kept);
  copy_event(from.message, to.message, place, kept);
  for (std::uint32_t v = 0; v < max_values; ++v) {
    copy_event(from.values[v], to.values[v], place, kept);
    copy_event(from.valid[v], to.valid[v], place, kept);
  }
}

/// The places that go on are listed first, so that threads beside each other write beside each
/// other.
__global__ void __launch_bounds__(block_size)
    write_kept_kernel(const __grid_constant__ KeptEvents events) {
  __shared__ std::uint32_t counts[block_size];
  __shared__ std::uint16_t kept[kept_tile_places];
  const std::uint32_t tiles = kept_tiles(events.places);
  for (std::uint32_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const std::uint32_t mine = threadIdx.x * piece_places;
    std::uint32_t bits = kept_from(events, tile * kept_tile_places + mine);
    counts[threadIdx.x] = static_cast<std::uint32_t>(__popc(bits));
    __syncthreads();
    const std::uint32_t all = scan_block(counts, block_size);
    for (std::uint32_t entry = counts[threadIdx.x]; bits != 0; bits &= bits - 1, ++entry) {
      const auto bit = static_cast<std::uint32_t>(__ffs(static_cast<int>(bits)) - 1);
      kept[entry] = static_cast<std::uint16_t>(mine + bit);
    }
    __syncthreads();
    for (std::uint32_t entry = threadIdx.x; entry < all; entry += block_size) {
      copy_event(events, tile * kept_tile_places + kept[entry], events.tile_counts[tile] + entry);
    }
    __syncthreads();
  }
}

}  // namespace

void compact_events(const KeptEvents& events, Stream& stream) {
  if (events.places == 0) return;
  const unsigned blocks = blocks_for(std::size_t{kept_tiles(events.places)} * block_size);
  SLUICE_LAUNCH(count_kept_kernel, blocks, block_size, 0, stream, events);
  SLUICE_LAUNCH(add_kept_counts_kernel, 1u, block_size, 0, stream, events);
  SLUICE_LAUNCH(write_kept_kernel, blocks, block_size, 0, stream, events);
}

}  // namespace sluice::cuda
