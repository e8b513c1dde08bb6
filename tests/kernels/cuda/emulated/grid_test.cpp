#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/emulated/control.hpp"
#include "kernels/cuda/launch.hpp"

// What running a kernel over fibers finds that a GPU hides.
namespace sluice::cuda {
namespace {

constexpr unsigned all_lanes = 0xffffffffu;

class EmulatedGrid : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override { emulated::reset(); }
};
using EmulatedGridDeathTest = EmulatedGrid;

/// Every thread takes its value from the thread `distance` after it, through shared memory.
template <bool WithBarrier>
__global__ void rotate_kernel(unsigned distance, unsigned* out) {
  __shared__ unsigned values[128];
  values[threadIdx.x] = threadIdx.x + 1;
  if (WithBarrier) __syncthreads();
  out[threadIdx.x] = values[(threadIdx.x + distance) % blockDim.x];
  __syncthreads();
  values[threadIdx.x] = 0;
}

template <bool WithBarrier>
std::vector<unsigned> rotate(unsigned distance) {
  Stream stream;
  DeviceBuffer<unsigned> out(128);
  std::vector<unsigned> host(128);
  SLUICE_LAUNCH(rotate_kernel<WithBarrier>, 1, 128, 0, stream, distance, out.data());
  copy_to_host(host.data(), out.data(), 128, stream);
  stream.synchronize();
  return host;
}

TEST_F(EmulatedGrid, AMissingBarrierGivesWrongResultsAndTheBarrierRightOnes) {
  std::vector<unsigned> expected(128);
  for (unsigned i = 0; i < 128; ++i) expected[i] = (i + 64) % 128 + 1;

  EXPECT_EQ(rotate<true>(64), expected);
#if !defined(__SANITIZE_THREAD__)
  EXPECT_NE(rotate<false>(64), expected);
#endif
}

template <bool WithSync>
__global__ void swap_neighbours_kernel(unsigned* out) {
  __shared__ unsigned values[32];
  values[threadIdx.x] = 99;
  __syncwarp();
  values[threadIdx.x] = threadIdx.x;
  if (WithSync) __syncwarp();
  out[threadIdx.x] = values[threadIdx.x ^ 1u];
}

template <bool WithSync>
std::vector<unsigned> swap_neighbours() {
  Stream stream;
  DeviceBuffer<unsigned> out(32);
  std::vector<unsigned> host(32);
  SLUICE_LAUNCH(swap_neighbours_kernel<WithSync>, 1, 32, 0, stream, out.data());
  copy_to_host(host.data(), out.data(), 32, stream);
  stream.synchronize();
  return host;
}

TEST_F(EmulatedGrid, AMissingWarpBarrierGivesWrongResultsAndTheWarpBarrierRightOnes) {
  std::vector<unsigned> expected(32);
  for (unsigned i = 0; i < 32; ++i) expected[i] = i ^ 1u;

  EXPECT_EQ(swap_neighbours<true>(), expected);
#if !defined(__SANITIZE_THREAD__)
  EXPECT_NE(swap_neighbours<false>(), expected);
#endif
}

__global__ void skipped_barrier_kernel() {
  if (threadIdx.x < 5) __syncthreads();
}

__global__ void two_barriers_kernel() {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

__global__ void mixed_barriers_kernel() {
  if (threadIdx.x < 5) {
    __syncthreads();
  } else {
    __syncwarp();
  }
}

__global__ void foreign_mask_kernel() { __ballot_sync(0x1u, 1); }

__global__ void trap_kernel() {
  if (blockIdx.x == 1 && threadIdx.x == 7) __trap();
}

template <class... Parameters>
void run(void (*kernel)(Parameters...), unsigned blocks, unsigned threads, std::size_t shared_bytes,
         Parameters... parameters) {
  Stream stream;
  SLUICE_LAUNCH(kernel, blocks, threads, shared_bytes, stream, parameters...);
  stream.synchronize();
}

TEST_F(EmulatedGridDeathTest, ABarrierThatSomeThreadsSkipStopsTheProcessWithTheThreads) {
  EXPECT_DEATH(run(skipped_barrier_kernel, 1, 64, 0),
               "divergent barrier: thread \\(0,0,0\\) waits in __syncthreads at .*grid_test.cpp"
               ":.* but thread \\(5,0,0\\) has returned");
}

TEST_F(EmulatedGridDeathTest, ThreadsThatMeetAtDifferentBarriersStopTheProcess) {
  EXPECT_DEATH(run(two_barriers_kernel, 1, 64, 0), "divergent barrier");
}

TEST_F(EmulatedGridDeathTest, AWarpThatWaitsAtTwoKindsOfBarrierStopsTheProcess) {
  EXPECT_DEATH(run(mixed_barriers_kernel, 1, 32, 0),
               "deadlock in a divergent warp: thread .*"
               "__syncwarp for lanes 0xffffffff, but thread");
}

TEST_F(EmulatedGridDeathTest, ALaneOutsideItsOwnMaskStopsTheProcess) {
  EXPECT_DEATH(run(foreign_mask_kernel, 1, 32, 0),
               "thread \\(1,0,0\\) waits in __ballot_sync for lanes 0x00000001, itself not one");
}

TEST_F(EmulatedGridDeathTest, ATrapNamesKernelBlockAndThread) {
  EXPECT_DEATH(
      {
        Stream stream;
        SLUICE_LAUNCH(trap_kernel, 2, 32, 0, stream);
        stream.synchronize();
      },
      "kernel trap_kernel, block \\(1,0,0\\): thread \\(7,0,0\\): __trap");
}

__global__ void early_return_kernel(unsigned* out) {
  if (threadIdx.x >= 20) return;
  out[threadIdx.x] = __reduce_add_sync(all_lanes, 1u);
}

TEST_F(EmulatedGrid, LanesThatHaveReturnedAreNotWaitedFor) {
  Stream stream;
  DeviceBuffer<unsigned> out(20);
  std::vector<unsigned> host(20);

  SLUICE_LAUNCH(early_return_kernel, 1, 32, 0, stream, out.data());
  copy_to_host(host.data(), out.data(), 20, stream);
  stream.synchronize();

  EXPECT_EQ(host, std::vector<unsigned>(20, 20));
}

__global__ void index_kernel(unsigned* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  __syncwarp();
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  const int ones = __syncthreads_count(thread % 2 == 1);
  out[block * threads + thread] = 1000 * block + thread + (ones == 60 ? 0 : 1'000'000);
}

TEST_F(EmulatedGrid, GridsAndBlocksOfThreeDimensionsRunEveryThreadOnce) {
  for (const auto schedule : {emulated::Schedule::lazy, emulated::Schedule::random}) {
    emulated::set_schedule(schedule, 3);
    Stream stream;
    DeviceBuffer<unsigned> out(24 * 120);
    std::vector<unsigned> host(out.size());
    SLUICE_LAUNCH(index_kernel, dim3(2, 3, 4), dim3(5, 6, 4), 0, stream, out.data());
    copy_to_host(host.data(), out.data(), out.size(), stream);
    stream.synchronize();

    for (unsigned i = 0; i < host.size(); ++i) ASSERT_EQ(host[i], 1000 * (i / 120) + i % 120);
  }
}

__global__ void read_uninitialised_kernel(unsigned* out) {
  SLUICE_DYNAMIC_SHARED(unsigned, words);
  out[blockIdx.x] = words[0];
  words[0] = 1;
}

TEST_F(EmulatedGrid, FreshDeviceAndDynamicSharedMemoryIsPoisoned) {
  Stream stream;
  DeviceBuffer<unsigned> out(3);
  std::vector<unsigned> host(3);

  SLUICE_LAUNCH(read_uninitialised_kernel, 2, 1, sizeof(unsigned), stream, out.data());
  copy_to_host(host.data(), out.data(), 3, stream);
  stream.synchronize();

  EXPECT_EQ(host, std::vector<unsigned>(3, 0xA5A5A5A5u));
}

#if defined(__SANITIZE_ADDRESS__)

__global__ void write_kernel(unsigned char* memory, std::size_t at) { memory[at] = 1; }

__global__ void write_shared_kernel(std::size_t at) {
  SLUICE_DYNAMIC_SHARED(unsigned char, memory);
  memory[at] = 1;
}

TEST_F(EmulatedGridDeathTest, AddressSanitizerSeesAKernelWritePastAnAllocation) {
  DeviceBuffer<unsigned char> memory(1001);
  EXPECT_DEATH(run(write_kernel, 1, 1, 0, memory.data(), memory.size()),
               "heap-buffer-overflow(.|\n)*write_kernel");
}

TEST_F(EmulatedGridDeathTest, AddressSanitizerSeesAKernelWritePastDynamicSharedMemory) {
  EXPECT_DEATH(run(write_shared_kernel, 1, 1, 10, std::size_t{10}),
               "heap-buffer-overflow(.|\n)*write_shared_kernel");
}

#endif

#if defined(__SANITIZE_THREAD__)

TEST_F(EmulatedGridDeathTest, ThreadSanitizerSeesAMissingBarrier) {
  EXPECT_DEATH(
      {
        rotate<false>(64);
        std::exit(0);
      },
      "data race(.|\n)*rotate_kernel");
}

TEST_F(EmulatedGridDeathTest, ThreadSanitizerSeesAMissingWarpBarrier) {
  EXPECT_DEATH(
      {
        swap_neighbours<false>();
        std::exit(0);
      },
      "data race(.|\n)*swap_neighbours_kernel");
}

#endif

}  // namespace
}  // namespace sluice::cuda
