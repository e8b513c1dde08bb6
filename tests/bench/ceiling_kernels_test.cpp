#include "bench/gpu/ceiling_kernels.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "bench/gpu/device_sorts.hpp"
#include "kernels/cuda/buffers.hpp"

namespace sluice::cuda {
namespace {

constexpr std::size_t count = 1'003;
constexpr std::size_t slot_count = 17;

template <class T>
std::vector<T> downloaded(const DeviceBuffer<T>& buffer, Stream& stream) {
  PinnedBuffer<T> host(buffer.size());
  copy_to_host(host.data(), buffer.data(), buffer.size(), stream);
  stream.synchronize();
  return {host.begin(), host.end()};
}

template <class T>
DeviceBuffer<T> uploaded(const std::vector<T>& values, Stream& stream) {
  PinnedBuffer<T> host(values.size());
  std::copy(values.begin(), values.end(), host.begin());
  DeviceBuffer<T> device(values.size());
  copy_to_device(device.data(), host.data(), host.size(), stream);
  stream.synchronize();
  return device;
}

template <class T>
DeviceBuffer<T> zeros(std::size_t size, Stream& stream) {
  return uploaded(std::vector<T>(size), stream);
}

std::vector<std::uint32_t> places() {
  std::vector<std::uint32_t> at(count);
  for (std::size_t i = 0; i < count; ++i) at[i] = static_cast<std::uint32_t>(i * i % slot_count);
  return at;
}

template <class T>
class Reductions : public testing::Test {};
using Words = testing::Types<std::uint32_t, std::uint64_t, double>;
TYPED_TEST_SUITE(Reductions, Words);

TYPED_TEST(Reductions, EverySlotGetsItsEvents) {
  Stream stream;
  const auto index = uploaded(places(), stream);
  auto slots = zeros<TypeParam>(slot_count, stream);
  reduce_at(slots.data(), index.data(), count, stream);
  std::vector<TypeParam> expected(slot_count);
  for (const std::uint32_t at : places()) ++expected[at];
  EXPECT_EQ(downloaded(slots, stream), expected);
}

TEST(ReduceRows, KeepsCountSumMinimumAndMaximum) {
  Stream stream;
  auto rows = uploaded(std::vector<std::uint64_t>{0, 0, 99'999, 0}, stream);
  const auto one_slot = zeros<std::uint32_t>(count, stream);
  reduce_rows(rows.data(), 4, one_slot.data(), count, stream);
  EXPECT_EQ(downloaded(rows, stream),
            (std::vector<std::uint64_t>{count, count * (count - 1) / 2, 0, count - 1}));
}

TEST(ReduceRows, KeepsCountAndSum) {
  Stream stream;
  auto rows = zeros<std::uint64_t>(2 * slot_count, stream);
  const auto index = uploaded(places(), stream);
  reduce_rows(rows.data(), 2, index.data(), count, stream);
  const std::vector<std::uint64_t> words = downloaded(rows, stream);
  std::vector<std::uint64_t> expected(2 * slot_count);
  for (std::size_t i = 0; i < count; ++i) {
    expected[2 * places()[i]] += 1;
    expected[2 * places()[i] + 1] += i;
  }
  EXPECT_EQ(words, expected);
}

TEST(ReadAll, SumsEveryWord) {
  Stream stream;
  std::vector<std::uint32_t> words(4 * 5'001);
  std::iota(words.begin(), words.end(), 1u);
  const auto from = uploaded(words, stream);
  auto sum = zeros<std::uint64_t>(1, stream);
  read_all(from.data(), from.bytes(), sum.data(), stream);
  EXPECT_EQ(downloaded(sum, stream)[0], words.size() * (words.size() + 1) / 2);
}

TEST(ReduceInShared, CountsEveryAddition) {
  Stream stream;
  auto totals = zeros<std::int32_t>(64, stream);
  const std::uint64_t additions = reduce_in_shared(totals.data(), 64, 1, stream);
  const std::vector<std::int32_t> counts = downloaded(totals, stream);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), additions);
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 0);
}

TEST(SortPairs, SortsBySomeBitsAndKeepsTheOrderOfEquals) {
  Stream stream;
  const auto keys = uploaded(std::vector<std::uint32_t>{0x103, 0x201, 0x102, 0x101}, stream);
  const auto values = uploaded(std::vector<std::uint32_t>{0, 1, 2, 3}, stream);
  auto sorted_keys = zeros<std::uint32_t>(4, stream);
  auto sorted_values = zeros<std::uint32_t>(4, stream);
  const auto run = [&](Scratch scratch) {
    return sort_pairs(keys.data(), sorted_keys.data(), values.data(), sorted_values.data(), 4, 0, 8,
                      scratch, stream);
  };
  DeviceBuffer<std::byte> memory(run({}));
  run({memory.data(), memory.bytes()});
  EXPECT_EQ(downloaded(sorted_keys, stream),
            (std::vector<std::uint32_t>{0x201, 0x101, 0x102, 0x103}));
  EXPECT_EQ(downloaded(sorted_values, stream), (std::vector<std::uint32_t>{1, 3, 2, 0}));
}

TEST(SumBefore, LeavesOutTheElementItself) {
  Stream stream;
  const auto values = uploaded(std::vector<std::uint64_t>{5, 7, 1}, stream);
  auto sums = zeros<std::uint64_t>(3, stream);
  DeviceBuffer<std::byte> memory(sum_before(values.data(), sums.data(), 3, {}, stream));
  sum_before(values.data(), sums.data(), 3, {memory.data(), memory.bytes()}, stream);
  EXPECT_EQ(downloaded(sums, stream), (std::vector<std::uint64_t>{0, 5, 12}));
}

}  // namespace
}  // namespace sluice::cuda
