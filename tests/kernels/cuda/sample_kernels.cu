#include "tests/kernels/cuda/sample_kernels.hpp"

#include <algorithm>

#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

namespace {

constexpr unsigned block_size = 256;
constexpr unsigned all_lanes = 0xffffffffu;

unsigned blocks_for(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>((size + block_size - 1) / block_size, 64));
}

__global__ void __launch_bounds__(block_size)
    histogram_kernel(const std::uint32_t* __restrict__ values, std::size_t size,
                     std::uint32_t groups, std::uint64_t* counts) {
  SLUICE_DYNAMIC_SHARED(std::uint32_t, local);
  for (unsigned g = threadIdx.x; g < groups; g += blockDim.x) local[g] = 0;
  __syncthreads();
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride) {
    atomic_add(&local[__ldg(&values[i])], 1u);
  }
  __syncthreads();
  for (unsigned g = threadIdx.x; g < groups; g += blockDim.x) {
    atomic_add(&counts[g], std::uint64_t{local[g]});
  }
}

template <unsigned Warps>
__global__ void sum_kernel(const std::int64_t* values, std::size_t size, std::int64_t* sum) {
  __shared__ std::int64_t partial[Warps];
  std::int64_t own = 0;
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < size; i += stride) {
    own += values[i];
  }
  for (int distance = warpSize / 2; distance > 0; distance /= 2) {
    own += __shfl_down_sync(all_lanes, own, static_cast<unsigned>(distance));
  }
  if (threadIdx.x % warpSize == 0) partial[threadIdx.x / warpSize] = own;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (unsigned w = 1; w < Warps; ++w) own += partial[w];
  atomic_add(sum, own);
}

__global__ void scan_kernel(const std::uint32_t* values, std::uint32_t size, std::uint32_t* sums) {
  SLUICE_DYNAMIC_SHARED(std::uint32_t, running);
  const unsigned i = threadIdx.x;
  running[i] = i < size ? values[i] : 0;
  __syncthreads();
  for (unsigned distance = 1; distance < blockDim.x; distance *= 2) {
    const std::uint32_t before = i >= distance ? running[i - distance] : 0;
    __syncthreads();
    running[i] += before;
    __syncthreads();
  }
  if (i < size) sums[i] = running[i];
}

__global__ void add_by_key_kernel(const std::uint64_t* keys, const std::uint32_t* weights,
                                  std::size_t size, std::uint64_t* totals) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const unsigned present = __ballot_sync(all_lanes, i < size);
  if (i >= size) return;
  const unsigned lane = threadIdx.x % 32;
  const unsigned peers = __match_any_sync(present, keys[i]);
  std::uint64_t total = 0;
  for (unsigned rest = peers; rest != 0; rest &= rest - 1) {
    total += __shfl_sync(peers, weights[i], __ffs(static_cast<int>(rest)) - 1);
  }
  const auto leader = static_cast<unsigned>(__ffs(static_cast<int>(peers))) - 1;
  if (lane == leader) atomic_add(&totals[keys[i]], total);
}

__global__ void warp_facts_kernel(WarpFacts* facts) {
  const unsigned lane = threadIdx.x;
  WarpFacts own{};
  own.from_lane_3 = __shfl_sync(all_lanes, lane * 10, 3);
  own.from_below = __shfl_up_sync(all_lanes, lane, 1);
  own.from_above = __shfl_down_sync(all_lanes, lane, 2);
  own.from_partner = __shfl_xor_sync(all_lanes, lane, 5);
  own.from_segment_lane_1 = __shfl_sync(all_lanes, lane, 1, 8);
  own.wide = __shfl_sync(all_lanes, std::uint64_t{lane} << 40, 7);
  own.even_lanes = __ballot_sync(all_lanes, lane % 2 == 0);
  own.lanes_of_my_third = __match_any_sync(all_lanes, lane % 3);
  own.any_is_31 = __any_sync(all_lanes, lane == 31);
  own.all_below_31 = __all_sync(all_lanes, lane < 31);
  own.total = __reduce_add_sync(all_lanes, lane);
  facts[lane] = own;
}

__global__ void word_facts_kernel(WordFacts* facts) {
  __shared__ std::int64_t minimum, maximum;
  __shared__ std::uint64_t exchanged, compared, combined;
  __shared__ std::uint32_t winners;
  __shared__ double sum;
  if (threadIdx.x == 0) {
    minimum = 5;
    maximum = -5;
    exchanged = 1;
    compared = 10;
    combined = 0;
    winners = 0;
    sum = 0.5;
  }
  __syncthreads();
  atomic_min(&minimum, -std::int64_t{threadIdx.x});
  atomic_max(&maximum, std::int64_t{threadIdx.x});
  const bool first = atomic_compare_exchange(&compared, std::uint64_t{10}, std::uint64_t{11}) == 10;
  if (first) atomic_add(&winners, 1u);
  atomic_or(&combined, std::uint64_t{1} << threadIdx.x);
  atomic_add(&sum, 1.0);
  __syncthreads();
  if (threadIdx.x != 0) return;
  atomic_exchange(&exchanged, std::uint64_t{77});
  facts->popcount = __popcll(0xf0f0f0f0f0f0f0f0ull) + __popc(7u);
  facts->first_set = __ffs(0) * 100 + __ffs(8);
  facts->leading_zeros = __clz(1) * 100 + __clzll(1);
  facts->first_set_wide = __ffsll(1ll << 40);
  facts->product_high = __umul64hi(1ull << 63, 6);
  facts->minimum = minimum;
  facts->maximum = maximum;
  facts->exchanged = atomic_load(&exchanged);
  facts->compared = compared;
  facts->winners = winners;
  facts->combined = combined;
  facts->sum = sum;
}

}  // namespace

void histogram(const std::uint32_t* values, std::size_t size, std::uint32_t groups,
               std::uint64_t* counts, Stream& stream) {
  if (size == 0) return;
  const std::size_t shared_bytes = groups * sizeof(std::uint32_t);
  allow_dynamic_shared(histogram_kernel, shared_bytes);
  SLUICE_LAUNCH(histogram_kernel, blocks_for(size), block_size, shared_bytes, stream, values, size,
                groups, counts);
}

void sum(const std::int64_t* values, std::size_t size, std::int64_t* sum, Stream& stream) {
  if (size == 0) return;
  SLUICE_LAUNCH(sum_kernel<block_size / 32>, blocks_for(size), block_size, 0, stream, values, size,
                sum);
}

void scan(const std::uint32_t* values, std::uint32_t size, std::uint32_t* sums, Stream& stream) {
  if (size == 0) return;
  const dim3 block((size + 31) / 32 * 32);
  SLUICE_LAUNCH(scan_kernel, 1, block, block.x * sizeof(std::uint32_t), stream, values, size, sums);
}

void add_by_key(const std::uint64_t* keys, const std::uint32_t* weights, std::size_t size,
                std::uint64_t* totals, Stream& stream) {
  if (size == 0) return;
  const auto blocks = static_cast<unsigned>((size + block_size - 1) / block_size);
  SLUICE_LAUNCH(add_by_key_kernel, blocks, block_size, 0, stream, keys, weights, size, totals);
}

void warp_facts(WarpFacts* facts, Stream& stream) {
  SLUICE_LAUNCH(warp_facts_kernel, 1, 32, 0, stream, facts);
}

void word_facts(WordFacts* facts, Stream& stream) {
  SLUICE_LAUNCH(word_facts_kernel, 1, 64, 0, stream, facts);
}

}  // namespace sluice::cuda
