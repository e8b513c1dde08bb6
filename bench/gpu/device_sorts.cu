#include "bench/gpu/device_sorts.hpp"

#include "kernels/cuda/launch.hpp"

#if defined(SLUICE_CUDA_EMULATED)
#include <algorithm>
#include <numeric>
#include <vector>
#else
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#endif

namespace sluice::cuda {

#if defined(SLUICE_CUDA_EMULATED)

template <class V>
std::size_t sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const V* values,
                       V* sorted_values, std::size_t count, int begin_bit, int end_bit,
                       Scratch scratch, Stream& stream) {
  if (scratch.memory == nullptr) return 1;
  emulated::enqueue(stream, "sort_pairs", [=] {
    const std::uint64_t mask = (std::uint64_t{1} << end_bit) - (std::uint64_t{1} << begin_bit);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [=](std::size_t a, std::size_t b) {
      return (keys[a] & mask) < (keys[b] & mask);
    });
    for (std::size_t i = 0; i < count; ++i) {
      sorted_keys[i] = keys[order[i]];
      sorted_values[i] = values[order[i]];
    }
  });
  return scratch.bytes;
}

std::size_t sum_before(const std::uint64_t* values, std::uint64_t* sums, std::size_t count,
                       Scratch scratch, Stream& stream) {
  if (scratch.memory == nullptr) return 1;
  emulated::enqueue(stream, "sum_before",
                    [=] { std::exclusive_scan(values, values + count, sums, std::uint64_t{0}); });
  return scratch.bytes;
}

#else

template <class V>
std::size_t sort_pairs(const std::uint32_t* keys, std::uint32_t* sorted_keys, const V* values,
                       V* sorted_values, std::size_t count, int begin_bit, int end_bit,
                       Scratch scratch, Stream& stream) {
  check(cub::DeviceRadixSort::SortPairs(scratch.memory, scratch.bytes, keys, sorted_keys, values,
                                        sorted_values, count, begin_bit, end_bit, stream.handle()),
        "cub::DeviceRadixSort::SortPairs");
  return scratch.bytes;
}

std::size_t sum_before(const std::uint64_t* values, std::uint64_t* sums, std::size_t count,
                       Scratch scratch, Stream& stream) {
  check(cub::DeviceScan::ExclusiveSum(scratch.memory, scratch.bytes, values, sums, count,
                                      stream.handle()),
        "cub::DeviceScan::ExclusiveSum");
  return scratch.bytes;
}

#endif

template std::size_t sort_pairs(const std::uint32_t*, std::uint32_t*, const std::uint32_t*,
                                std::uint32_t*, std::size_t, int, int, Scratch, Stream&);
template std::size_t sort_pairs(const std::uint32_t*, std::uint32_t*, const std::uint64_t*,
                                std::uint64_t*, std::size_t, int, int, Scratch, Stream&);

}  // namespace sluice::cuda
