#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>

/// CUDA's index types.
struct uint3 {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};
struct dim3 {
  // NOLINTNEXTLINE(google-explicit-constructor): a grid or a block may be given as a number.
  constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
      : x(width), y(height), z(depth) {}
  unsigned x;
  unsigned y;
  unsigned z;
};

/// Runs the threads of a kernel as fibers on the calling thread.
///
/// Blocks run one after the other. In a block one warp runs until all its lanes wait at the block's
/// barrier or have returned, then the next; in a warp one lane runs until it waits, then the next.
/// So warps and lanes drift apart as far as the kernel allows, and a missing __syncthreads or
/// __syncwarp gives wrong results every time, not now and then.
///
/// Stops the process with the names of the kernel, block and thread when
/// - threads wait at __syncthreads while others of their block have returned or wait at another
/// one,
/// - lanes wait in a warp operation for lanes that can not come any more, or are not in its mask.
/// Under AddressSanitizer device allocations and dynamic shared memory are exact. Under
/// ThreadSanitizer every CUDA thread is a thread of its own, ordered with others by barriers alone:
/// shuffles and votes order no memory, as in CUDA. Not found: races between blocks (one block's end
/// is ordered before the next one's start), and static shared memory that is read before it is
/// written (it holds what the last block left).
namespace sluice::cuda::emulated {

inline constexpr unsigned warp_lanes = 32;
inline constexpr std::uint8_t poison = 0xA5;  ///< what fresh device and shared memory holds

struct BlockContext {
  const char* kernel = nullptr;
  uint3 block_index;
  dim3 block_size;
  dim3 grid_size;
  unsigned char* dynamic_shared = nullptr;
};

struct ThreadContext {
  uint3 thread_index;
  unsigned lane = 0;
  const BlockContext* block = nullptr;
};

/// The CUDA thread that runs now. One device runs one kernel at a time, in one thread.
extern constinit const ThreadContext* current_thread;

struct Grid {
  const char* kernel = nullptr;
  dim3 grid_size;
  dim3 block_size;
  std::size_t shared_bytes = 0;
  std::uint64_t order = 0;  ///< 0: blocks, warps and lanes in ascending order; else a seed
  std::function<void()> thread;
};

/// Runs every thread of the grid. Not reentrant; calls exclude each other.
void run_grid(const Grid& grid);

enum class WarpOperation : std::uint8_t {
  sync,
  shuffle,
  ballot,
  any,
  all,
  match,
  add,
  min_unsigned,
  min_signed,
  max_unsigned,
  max_signed,
  bit_and,
  bit_or,
  bit_xor
};

/// Called by a CUDA thread: waits for the other lanes of `mask` and returns the operation's result.
/// @param value this lane's operand; a vote's is 0 or 1
/// @param source for shuffles: the lane to read
std::uint64_t meet_warp(WarpOperation operation, unsigned mask, std::uint64_t value,
                        unsigned source = 0);

/// Called by a CUDA thread: waits for the block and returns in how many threads `vote` was set.
unsigned meet_block(bool vote, std::source_location where);

/// The value a shuffle reads from a lane that is not there.
std::uint64_t undefined_value() noexcept;

/// Stops the process, saying what, and where in which kernel.
[[noreturn]] void stop_kernel(const char* what);

}  // namespace sluice::cuda::emulated
