#include "kernels/cuda/runtime.hpp"

#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/cuda/sample_kernels.hpp"

// The contract of the runtime layer and of kernels: run over the emulator always, and on a GPU
// where there is one. SLUICE_REQUIRE_CUDA=1 turns the skip into a failure.
namespace sluice::cuda {
namespace {

class CudaRuntime : public testing::Test {
 protected:
  void SetUp() override {
    if (device_count() > 0) return;
    if (std::getenv("SLUICE_REQUIRE_CUDA") != nullptr) FAIL() << "no CUDA device";
    GTEST_SKIP() << "no CUDA device";
  }

  template <class T>
  static DeviceBuffer<T> upload(const std::vector<T>& values, Stream& stream) {
    DeviceBuffer<T> device(values.size());
    copy_to_device(device.data(), values.data(), values.size(), stream);
    stream.synchronize();
    return device;
  }

  template <class T>
  static std::vector<T> download(const DeviceBuffer<T>& device, Stream& stream) {
    std::vector<T> values(device.size());
    copy_to_host(values.data(), device.data(), device.size(), stream);
    stream.synchronize();
    return values;
  }

  template <class T>
  static DeviceBuffer<T> zeros(std::size_t size, Stream& stream) {
    DeviceBuffer<T> device(size);
    fill_bytes(device.data(), 0, device.bytes(), stream);
    return device;
  }
};

TEST_F(CudaRuntime, CopiesGoUpAcrossAndDownUnchanged) {
  Stream stream;
  PinnedBuffer<std::uint64_t> sent(1000);
  std::iota(sent.begin(), sent.end(), std::uint64_t{1} << 60);
  DeviceBuffer<std::uint64_t> first(1000);
  DeviceBuffer<std::uint64_t> second(1000);
  PinnedBuffer<std::uint64_t> received(1000);

  copy_to_device(first.data(), sent.data(), 1000, stream);
  copy_on_device(second.data(), first.data(), 1000, stream);
  copy_to_host(received.data(), second.data(), 1000, stream);
  stream.synchronize();

  EXPECT_TRUE(std::equal(sent.begin(), sent.end(), received.begin()));
}

TEST_F(CudaRuntime, FillSetsEveryByte) {
  Stream stream;
  DeviceBuffer<std::uint16_t> device(33);

  fill_bytes(device.data(), 0x7e, device.bytes(), stream);

  EXPECT_EQ(download(device, stream), std::vector<std::uint16_t>(33, 0x7e7e));
}

TEST_F(CudaRuntime, AnEventThatWasNeverRecordedIsReadyAndHoldsNothingBack) {
  Stream stream;
  const Event event;

  stream.wait(event);
  stream.synchronize();

  EXPECT_TRUE(event.ready());
}

TEST_F(CudaRuntime, PollingAnEventEnds) {
  Stream stream;
  const auto device = zeros<std::uint32_t>(1 << 16, stream);
  Event event;
  event.record(stream);

  while (!event.ready()) {
  }

  EXPECT_TRUE(event.ready());
}

TEST_F(CudaRuntime, AStreamThatWaitsForAnEventSeesWhatWasDoneBeforeIt) {
  Stream writer;
  Stream reader;
  Event written;
  DeviceBuffer<std::uint8_t> device(1 << 20);
  PinnedBuffer<std::uint8_t> host(1 << 20);

  fill_bytes(device.data(), 9, device.size(), writer);
  written.record(writer);
  reader.wait(written);
  copy_to_host(host.data(), device.data(), device.size(), reader);
  reader.synchronize();

  EXPECT_EQ(host[0], 9);
  EXPECT_EQ(host[host.size() - 1], 9);
}

TEST_F(CudaRuntime, TimedEventsMeasureDeviceTime) {
  Stream stream;
  Event begin(Event::Kind::timed);
  Event end(Event::Kind::timed);

  begin.record(stream);
  const auto device = zeros<std::uint8_t>(1 << 24, stream);
  end.record(stream);
  end.synchronize();

  EXPECT_GT(end.since(begin).count(), 0);
}

TEST_F(CudaRuntime, BuffersMoveWithoutCopying) {
  DeviceBuffer<int> first(10);
  const int* where = first.data();
  DeviceBuffer<int> second(3);

  second = std::move(first);

  EXPECT_EQ(second.data(), where);
  EXPECT_EQ(second.size(), 10u);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what a moved-from buffer promises
  EXPECT_EQ(first.data(), nullptr);
}

TEST_F(CudaRuntime, EmptyBuffersAndCopiesOfNothingAreFine) {
  Stream stream;
  DeviceBuffer<int> nothing(0);

  copy_to_device(nothing.data(), nullptr, 0, stream);
  fill_bytes(nothing.data(), 1, 0, stream);
  stream.synchronize();

  EXPECT_TRUE(nothing.empty());
}

TEST_F(CudaRuntime, AnAllocationThatDoesNotFitNamesItsBytesAndLeavesTheDeviceUsable) {
  try {
    const DeviceBuffer<std::uint64_t> huge(std::size_t{1} << 50);
    FAIL() << "8 PiB fitted";
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("9007199254740992 bytes"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("runtime_test.cpp"), std::string::npos);
  }
  Stream stream;
  EXPECT_EQ(download(zeros<int>(4, stream), stream), std::vector<int>(4, 0));
}

TEST_F(CudaRuntime, ALaunchThatCannotBeNamesTheKernel) {
  Stream stream;
  auto counts = zeros<std::uint64_t>(1, stream);
  const auto values = upload<std::uint32_t>({0}, stream);
  const std::uint32_t too_many_groups = 1u << 20;

  EXPECT_THROW(histogram(values.data(), 1, too_many_groups, counts.data(), stream), CudaError);
  try {
    scan(values.data(), 4096, nullptr, stream);
    FAIL() << "a block of 4096 threads was launched";
  } catch (const CudaError& error) {
    EXPECT_NE(std::string(error.what()).find("launching scan_kernel"), std::string::npos)
        << error.what();
  }
}

TEST_F(CudaRuntime, TheDeviceDescribesItself) {
  const DeviceInfo info = device_info(0);

  EXPECT_FALSE(info.name.empty());
  EXPECT_GE(info.capability_major, 7);
  EXPECT_GE(info.multiprocessors, 1);
  EXPECT_GE(info.shared_bytes_per_block, std::size_t{48} << 10);
  EXPECT_EQ(info.total_bytes, memory_info().total_bytes);
  EXPECT_LE(memory_info().free_bytes, info.total_bytes);
  EXPECT_GE(versions().runtime, 13000);
}

TEST_F(CudaRuntime, HistogramInSharedMemoryCountsEveryValue) {
  Stream stream;
  for (const std::size_t size : {1u, 31u, 33u, 257u, 65537u}) {
    std::vector<std::uint32_t> values(size);
    std::vector<std::uint64_t> expected(100);
    std::mt19937 random(17);
    for (auto& value : values) {
      value = static_cast<std::uint32_t>(random() % 100);
      ++expected[value];
    }
    auto counts = zeros<std::uint64_t>(100, stream);

    histogram(upload(values, stream).data(), size, 100, counts.data(), stream);

    EXPECT_EQ(download(counts, stream), expected) << size << " values";
  }
}

TEST_F(CudaRuntime, MoreSharedMemoryThanTheDefaultIsAllowedOnRequest) {
  Stream stream;
  const std::uint32_t groups = 15000;
  auto counts = zeros<std::uint64_t>(groups, stream);

  histogram(upload<std::uint32_t>({14999, 3, 14999}, stream).data(), 3, groups, counts.data(),
            stream);

  const auto found = download(counts, stream);
  EXPECT_EQ(found[14999], 2u);
  EXPECT_EQ(std::accumulate(found.begin(), found.end(), std::uint64_t{0}), 3u);
}

TEST_F(CudaRuntime, ShufflesReduceWarpsAndSharedMemoryReducesBlocks) {
  Stream stream;
  std::vector<std::int64_t> values(10'000);
  std::iota(values.begin(), values.end(), -2'000);
  auto total = zeros<std::int64_t>(1, stream);

  sum(upload(values, stream).data(), values.size(), total.data(), stream);

  EXPECT_EQ(download(total, stream)[0], 29'995'000);
}

TEST_F(CudaRuntime, ScanInDynamicSharedMemoryCrossesWarps) {
  Stream stream;
  for (const std::uint32_t size : {1u, 31u, 32u, 33u, 1000u, 1024u}) {
    std::vector<std::uint32_t> values(size);
    std::iota(values.begin(), values.end(), 1u);
    std::vector<std::uint32_t> expected(size);
    std::partial_sum(values.begin(), values.end(), expected.begin());
    DeviceBuffer<std::uint32_t> sums(size);

    scan(upload(values, stream).data(), size, sums.data(), stream);

    EXPECT_EQ(download(sums, stream), expected) << size << " values";
  }
}

TEST_F(CudaRuntime, LanesWithTheSameKeyAddOnceForAll) {
  Stream stream;
  const std::size_t size = 1000;
  std::vector<std::uint64_t> keys(size);
  std::vector<std::uint32_t> weights(size);
  std::vector<std::uint64_t> expected(7);
  for (std::size_t i = 0; i < size; ++i) {
    keys[i] = i * i % 7;
    weights[i] = static_cast<std::uint32_t>(i);
    expected[keys[i]] += i;
  }
  auto totals = zeros<std::uint64_t>(7, stream);

  add_by_key(upload(keys, stream).data(), upload(weights, stream).data(), size, totals.data(),
             stream);

  EXPECT_EQ(download(totals, stream), expected);
}

TEST_F(CudaRuntime, WarpOperationsMeanWhatCudaSays) {
  Stream stream;
  DeviceBuffer<WarpFacts> device(32);

  warp_facts(device.data(), stream);

  const auto facts = download(device, stream);
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    const WarpFacts& own = facts[lane];
    EXPECT_EQ(own.from_lane_3, 30u);
    EXPECT_EQ(own.from_below, lane == 0 ? 0 : lane - 1);
    EXPECT_EQ(own.from_above, lane >= 30 ? lane : lane + 2);
    EXPECT_EQ(own.from_partner, lane ^ 5u);
    EXPECT_EQ(own.from_segment_lane_1, lane / 8 * 8 + 1);
    EXPECT_EQ(own.wide, std::uint64_t{7} << 40);
    EXPECT_EQ(own.even_lanes, 0x55555555u);
    EXPECT_EQ(own.lanes_of_my_third, 0x49249249u << lane % 3);
    EXPECT_NE(own.any_is_31, 0);
    EXPECT_EQ(own.all_below_31, 0);
    EXPECT_EQ(own.total, 496u);
  }
}

TEST_F(CudaRuntime, WordOperationsMeanWhatCudaSays) {
  Stream stream;
  DeviceBuffer<WordFacts> device(1);

  word_facts(device.data(), stream);

  const WordFacts facts = download(device, stream)[0];
  EXPECT_EQ(facts.popcount, 35);
  EXPECT_EQ(facts.first_set, 4);
  EXPECT_EQ(facts.leading_zeros, 3163);
  EXPECT_EQ(facts.first_set_wide, 41);
  EXPECT_EQ(facts.product_high, 3u);
  EXPECT_EQ(facts.minimum, -63);
  EXPECT_EQ(facts.maximum, 63);
  EXPECT_EQ(facts.exchanged, 77u);
  EXPECT_EQ(facts.compared, 11u);
  EXPECT_EQ(facts.winners, 1u);
  EXPECT_EQ(facts.combined, ~std::uint64_t{0});
  EXPECT_DOUBLE_EQ(facts.sum, 64.5);
}

}  // namespace
}  // namespace sluice::cuda
