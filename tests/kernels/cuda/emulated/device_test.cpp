#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/emulated/control.hpp"
#include "kernels/cuda/launch.hpp"
#include "tests/kernels/cuda/sample_kernels.hpp"

// How the emulated device brings bugs of asynchronous code to light, and what it lets tests see
// and plant.
namespace sluice::cuda {
namespace {

using emulated::Schedule;

class EmulatedDevice : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override { emulated::reset(); }
};

TEST_F(EmulatedDevice, ALazyStreamDoesNothingBeforeSomebodyWaits) {
  Stream stream;
  DeviceBuffer<int> device(1);
  PinnedBuffer<int> host(1);
  host[0] = 5;

  fill_bytes(device.data(), 0, device.bytes(), stream);
  copy_to_host(host.data(), device.data(), 1, stream);
  EXPECT_EQ(host[0], 5);
  stream.synchronize();

  EXPECT_EQ(host[0], 0);
}

TEST_F(EmulatedDevice, ABufferReusedBeforeItsCopyIsDoneArrivesSpoilt) {
  Stream stream;
  DeviceBuffer<int> device(1);
  PinnedBuffer<int> staging(1);
  PinnedBuffer<int> result(1);

  staging[0] = 1;
  copy_to_device(device.data(), staging.data(), 1, stream);
  staging[0] = 2;
  copy_to_host(result.data(), device.data(), 1, stream);
  stream.synchronize();

  EXPECT_EQ(result[0], 2);
}

/// What a reader stream gets when it does, or does not, wait for the writer's event.
std::uint8_t read_across_streams(bool waits) {
  Stream writer;
  Stream reader;
  Event written;
  DeviceBuffer<std::uint8_t> device(1);
  PinnedBuffer<std::uint8_t> host(1);
  fill_bytes(device.data(), 1, 1, writer);
  written.record(writer);
  if (waits) reader.wait(written);
  copy_to_host(host.data(), device.data(), 1, reader);
  reader.synchronize();
  return host[0];
}

TEST_F(EmulatedDevice, AMissingWaitBetweenStreamsShows) {
  EXPECT_EQ(read_across_streams(true), 1);
  EXPECT_EQ(read_across_streams(false), emulated::poison);
}

TEST_F(EmulatedDevice, AWaitStandsForTheRecordingThatItSawNotForLaterOnes) {
  Stream first;
  Stream second;
  Event event;
  DeviceBuffer<std::uint8_t> device(1);
  PinnedBuffer<std::uint8_t> host(1);

  fill_bytes(device.data(), 1, 1, first);
  event.record(first);
  second.wait(event);
  fill_bytes(device.data(), 2, 1, first);
  event.record(first);
  copy_to_host(host.data(), device.data(), 1, second);
  second.synchronize();

  EXPECT_EQ(host[0], 1);
  EXPECT_FALSE(event.ready());
}

TEST_F(EmulatedDevice, AQueryMovesTheDeviceByOneStep) {
  Stream stream;
  DeviceBuffer<int> device(1);
  Event event;
  fill_bytes(device.data(), 0, device.bytes(), stream);
  event.record(stream);

  EXPECT_FALSE(event.ready());
  EXPECT_FALSE(event.ready());
  EXPECT_TRUE(event.ready());
}

TEST_F(EmulatedDevice, ARightProgramGivesTheSameResultsInEverySchedule) {
  std::vector<std::uint32_t> values(5000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::uint32_t>(i * i % 64);
  }
  const auto counted = [&](Schedule schedule, std::uint64_t seed) {
    emulated::set_schedule(schedule, seed);
    Stream upload;
    Stream compute;
    Event uploaded;
    DeviceBuffer<std::uint32_t> device(values.size());
    DeviceBuffer<std::uint64_t> counts(64);
    std::vector<std::uint64_t> host(64);
    fill_bytes(counts.data(), 0, counts.bytes(), compute);
    copy_to_device(device.data(), values.data(), values.size(), upload);
    uploaded.record(upload);
    compute.wait(uploaded);
    histogram(device.data(), values.size(), 64, counts.data(), compute);
    copy_to_host(host.data(), counts.data(), 64, compute);
    compute.synchronize();
    return host;
  };

  const auto expected = counted(Schedule::eager, 0);
  EXPECT_EQ(counted(Schedule::lazy, 0), expected);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(counted(Schedule::random, seed), expected) << "seed " << seed;
  }
}

TEST_F(EmulatedDevice, RandomSchedulesOfASeedRepeatAndFindAMissingWait) {
  std::vector<std::uint8_t> first;
  std::vector<std::uint8_t> second;
  for (auto* results : {&first, &second}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      emulated::set_schedule(Schedule::random, seed);
      results->push_back(read_across_streams(false));
    }
  }

  EXPECT_EQ(first, second);
  EXPECT_NE(std::count(first.begin(), first.end(), emulated::poison), 0);
  EXPECT_NE(std::count(first.begin(), first.end(), 1), 0);
}

TEST_F(EmulatedDevice, HostThreadsWithAStreamEachShareTheDevice) {
  std::vector<std::int64_t> totals(3);
  std::vector<std::thread> threads;
  for (std::int64_t& total : totals) {
    threads.emplace_back([&total] {
      Stream stream;
      const std::vector<std::int64_t> values(1000, 2);
      DeviceBuffer<std::int64_t> device(values.size());
      DeviceBuffer<std::int64_t> result(1);
      copy_to_device(device.data(), values.data(), values.size(), stream);
      fill_bytes(result.data(), 0, result.bytes(), stream);
      for (int i = 0; i < 5; ++i) sum(device.data(), values.size(), result.data(), stream);
      copy_to_host(&total, result.data(), 1, stream);
      stream.synchronize();
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(totals, std::vector<std::int64_t>(3, 10'000));
}

TEST_F(EmulatedDevice, CountersTellWhatABatchCost) {
  Stream stream;
  DeviceBuffer<std::uint32_t> values(100);
  DeviceBuffer<std::uint64_t> counts(4);
  PinnedBuffer<std::uint32_t> staging(100);
  std::fill(staging.begin(), staging.end(), 3u);
  std::vector<std::uint64_t> pageable(4);
  const emulated::Counters before = emulated::counters();

  copy_to_device(values.data(), staging.data(), 100, stream);
  fill_bytes(counts.data(), 0, counts.bytes(), stream);
  histogram(values.data(), 100, 4, counts.data(), stream);
  copy_to_host(pageable.data(), counts.data(), 4, stream);
  stream.synchronize();

  const emulated::Counters after = emulated::counters();
  EXPECT_EQ(after.allocations - before.allocations, 0u);
  EXPECT_EQ(after.device_synchronisations - before.device_synchronisations, 0u);
  EXPECT_EQ(after.stream_synchronisations - before.stream_synchronisations, 1u);
  EXPECT_EQ(after.launches - before.launches, 1u);
  EXPECT_EQ(after.fills - before.fills, 1u);
  EXPECT_EQ(after.copies - before.copies, 2u);
  EXPECT_EQ(after.pageable_copies - before.pageable_copies, 1u);
  EXPECT_EQ(after.bytes_to_device - before.bytes_to_device, 400u);
  EXPECT_EQ(after.bytes_to_host - before.bytes_to_host, 32u);
}

TEST_F(EmulatedDevice, AllocationsAndFreesAreCountedAndWaitForTheDevice) {
  Stream stream;
  PinnedBuffer<int> host(1);
  host[0] = 7;
  {
    DeviceBuffer<int> device(1);
    fill_bytes(device.data(), 0, device.bytes(), stream);
    copy_to_host(host.data(), device.data(), 1, stream);
    EXPECT_EQ(emulated::device_bytes_in_use(), sizeof(int));
  }

  EXPECT_EQ(host[0], 0);
  EXPECT_EQ(emulated::device_bytes_in_use(), 0u);
  EXPECT_EQ(emulated::counters().allocations, 1u);
  EXPECT_EQ(emulated::counters().frees, 1u);
  EXPECT_EQ(emulated::counters().device_synchronisations, 2u);
}

TEST_F(EmulatedDevice, DeviceMemoryIsAsLargeAsATestSays) {
  emulated::set_memory_bytes(1000);
  const DeviceBuffer<std::uint8_t> first(900);

  EXPECT_THROW(DeviceBuffer<std::uint8_t>(101), OutOfMemory);
  EXPECT_EQ(memory_info().free_bytes, 100u);
  EXPECT_EQ(DeviceBuffer<std::uint8_t>(100).size(), 100u);
}

TEST_F(EmulatedDevice, CopiesBetweenTheWrongKindsOfMemoryFail) {
  Stream stream;
  DeviceBuffer<int> device(2);
  PinnedBuffer<int> host(4);

  EXPECT_THROW(copy_to_device(host.data(), host.data() + 2, 2, stream), CudaError);
  EXPECT_THROW(copy_to_host(device.data(), device.data(), 1, stream), CudaError);
  EXPECT_THROW(copy_to_device(device.data(), host.data(), 3, stream), CudaError);
  EXPECT_THROW(fill_bytes(device.data() + 1, 0, 5, stream), CudaError);
}

TEST_F(EmulatedDevice, WithoutADeviceNothingIsFoundAndNothingWorks) {
  emulated::set_device_present(false);

  EXPECT_EQ(device_count(), 0);
  EXPECT_EQ(versions().driver, 0);
  EXPECT_THROW(Stream(), CudaError);
  EXPECT_THROW(DeviceBuffer<int>(1), CudaError);
}

TEST_F(EmulatedDevice, APlantedFailureHitsTheChosenCallOnce) {
  Stream stream;
  DeviceBuffer<int> device(1);
  emulated::fail(emulated::Call::copy, emulated::error_invalid_value, 1);

  fill_bytes(device.data(), 0, 4, stream);
  EXPECT_THROW(fill_bytes(device.data(), 0, 4, stream), CudaError);
  fill_bytes(device.data(), 0, 4, stream);
  stream.synchronize();
}

TEST_F(EmulatedDevice, AKernelThatFailsIsNamedByTheNextWaitAndTheErrorStays) {
  Stream stream;
  DeviceBuffer<WarpFacts> facts(32);
  warp_facts(facts.data(), stream);
  emulated::fail(emulated::Call::execute, emulated::error_illegal_address);

  try {
    stream.synchronize();
    FAIL() << "the failure was lost";
  } catch (const CudaError& error) {
    EXPECT_EQ(error.code(), emulated::error_illegal_address);
    EXPECT_NE(std::string(error.what()).find("last kernels launched: warp_facts_kernel"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(fill_bytes(facts.data(), 0, 1, stream), CudaError);
  EXPECT_THROW(DeviceBuffer<int>(1), CudaError);
}

TEST_F(EmulatedDevice, HostCodeThatStandsInForDeviceCodeKeepsItsPlaceInTheStream) {
  Stream stream;
  DeviceBuffer<int> device(3);
  std::vector<int> host = {3, 1, 2};

  copy_to_device(device.data(), host.data(), 3, stream);
  int* const values = device.data();
  emulated::enqueue(stream, "sort", [values] { std::sort(values, values + 3); });
  copy_to_host(host.data(), device.data(), 3, stream);
  EXPECT_EQ(host, (std::vector<int>{3, 1, 2}));
  stream.synchronize();

  EXPECT_EQ(host, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(emulated::counters().launches, 1u);
}

#if defined(__SANITIZE_ADDRESS__)

using EmulatedDeviceDeathTest = EmulatedDevice;

TEST_F(EmulatedDeviceDeathTest, AddressSanitizerSeesHostCodeFollowADevicePointer) {
  DeviceBuffer<int> device(1);
  EXPECT_DEATH(device.data()[0] = 1, "use-after-poison");
}

#endif

}  // namespace
}  // namespace sluice::cuda
