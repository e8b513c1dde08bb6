#include "bench/gpu/ceiling_kernels.hpp"

#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {
namespace {

/// Four indices that one thread loads at once.
struct alignas(16) Four {
  std::uint32_t at[4];
};

// Four blocks an SM on the largest devices, so that the loads in flight hide memory's latency.
constexpr std::size_t most_blocks = 132 * 8;

__device__ std::uint64_t sum_of(const Four& four) {
  return std::uint64_t{four.at[0]} + four.at[1] + four.at[2] + four.at[3];
}

__global__ void __launch_bounds__(block_size)
    read_all_kernel(const Four* from, std::size_t count, std::uint64_t* sum) {
  std::uint64_t own = 0;
  std::size_t i = first_index();
  for (; i + 3 * index_stride() < count; i += 4 * index_stride()) {
    const Four a = from[i];
    const Four b = from[i + index_stride()];
    const Four c = from[i + 2 * index_stride()];
    const Four d = from[i + 3 * index_stride()];
    own += sum_of(a) + sum_of(b) + sum_of(c) + sum_of(d);
  }
  for (; i < count; i += index_stride()) own += sum_of(from[i]);
  atomic_add(sum, own);
}

template <class T>
__global__ void __launch_bounds__(block_size)
    reduce_at_kernel(T* slots, const std::uint32_t* index, std::size_t count) {
  const auto* const fours = reinterpret_cast<const Four*>(index);
  for (std::size_t i = first_index(); i < count / 4; i += index_stride()) {
    const Four four = fours[i];
    for (const std::uint32_t at : four.at) atomic_add(&slots[at], T{1});
  }
  for (std::size_t i = count / 4 * 4 + first_index(); i < count; i += index_stride()) {
    atomic_add(&slots[index[i]], T{1});
  }
}

template <unsigned Words>
__global__ void __launch_bounds__(block_size)
    reduce_rows_kernel(std::uint64_t* rows, const std::uint32_t* index, std::size_t count) {
  for (std::size_t i = first_index(); i < count; i += index_stride()) {
    std::uint64_t* const row = rows + std::size_t{index[i]} * Words;
    atomic_add(&row[0], std::uint64_t{1});
    atomic_add(&row[1], std::uint64_t{i});
    if constexpr (Words == 4) {
      atomic_min(reinterpret_cast<std::int64_t*>(&row[2]), static_cast<std::int64_t>(i));
      atomic_max(reinterpret_cast<std::int64_t*>(&row[3]), static_cast<std::int64_t>(i));
    }
  }
}

template <class T>
__global__ void __launch_bounds__(block_size)
    reduce_in_shared_kernel(T* totals, unsigned slots, unsigned rounds) {
  SLUICE_DYNAMIC_SHARED(T, table);
  for (unsigned s = threadIdx.x; s < slots; s += blockDim.x) table[s] = T{0};
  __syncthreads();
  auto random = static_cast<std::uint32_t>(first_index()) * 2'654'435'761u;
  for (unsigned r = 0; r < rounds; ++r) {
    random = random * 1'664'525u + 1'013'904'223u;
    atomic_add(&table[(random >> 16) & (slots - 1)], T{1});
  }
  __syncthreads();
  for (unsigned s = threadIdx.x; s < slots; s += blockDim.x) atomic_add(&totals[s], table[s]);
}

}  // namespace

void read_all(const void* from, std::size_t bytes, std::uint64_t* sum, Stream& stream) {
  const std::size_t count = bytes / sizeof(Four);
  if (count == 0) return;
  SLUICE_LAUNCH(read_all_kernel, blocks_for(count, most_blocks), block_size, 0, stream,
                static_cast<const Four*>(from), count, sum);
}

template <class T>
void reduce_at(T* slots, const std::uint32_t* index, std::size_t count, Stream& stream) {
  if (count == 0) return;
  SLUICE_LAUNCH(reduce_at_kernel<T>, blocks_for(count, most_blocks), block_size, 0, stream, slots,
                index, count);
}
template void reduce_at(std::uint32_t*, const std::uint32_t*, std::size_t, Stream&);
template void reduce_at(std::uint64_t*, const std::uint32_t*, std::size_t, Stream&);
template void reduce_at(double*, const std::uint32_t*, std::size_t, Stream&);

void reduce_rows(std::uint64_t* rows, unsigned words, const std::uint32_t* index, std::size_t count,
                 Stream& stream) {
  if (count == 0) return;
  const unsigned blocks = blocks_for(count, most_blocks);
  if (words == 2) {
    SLUICE_LAUNCH(reduce_rows_kernel<2>, blocks, block_size, 0, stream, rows, index, count);
  } else {
    SLUICE_LAUNCH(reduce_rows_kernel<4>, blocks, block_size, 0, stream, rows, index, count);
  }
}

template <class T>
std::uint64_t reduce_in_shared(T* totals, unsigned slots, unsigned rounds, Stream& stream) {
  const auto blocks = static_cast<unsigned>(most_blocks);
  SLUICE_LAUNCH(reduce_in_shared_kernel<T>, blocks, block_size, slots * sizeof(T), stream, totals,
                slots, rounds);
  return std::uint64_t{blocks} * block_size * rounds;
}
template std::uint64_t reduce_in_shared(std::int32_t*, unsigned, unsigned, Stream&);
template std::uint64_t reduce_in_shared(std::uint64_t*, unsigned, unsigned, Stream&);
template std::uint64_t reduce_in_shared(double*, unsigned, unsigned, Stream&);

}  // namespace sluice::cuda
