#pragma once

/// Everything a .cu file needs to define and launch kernels. The same source is built twice: by
/// nvcc for the GPU, and by g++ (-x c++, SLUICE_CUDA_EMULATED) over emulated/, where each CUDA
/// thread is a fiber, so that kernels run under ASan, UBSan and TSan without a GPU.
///
/// How to write a kernel that lives in both worlds
/// - A .cu file includes this header, std headers and plain headers of kernels/; nothing else. For
///   other sources this header is only runtime.hpp.
/// - `static __global__ void __launch_bounds__(block_size) x_kernel(...)`: parameters by value,
///   trivially copyable. Launcher: `void x(..., Stream& stream)`, returns early on size 0, ends in
///   SLUICE_LAUNCH. A kernel template with several arguments is launched as `(x_kernel<A, B>)`.
/// - `__shared__ T name[n]` for static shared memory, without initialiser;
///   SLUICE_DYNAMIC_SHARED(T, name) once in a kernel for the dynamic part (several arrays: cut one
///   array of bytes yourself). More than 48 KiB of it: allow_dynamic_shared() before the launch.
/// - CUDA's own atomics want `unsigned long long`, which is not std::uint64_t: use
///   atomics.hpp, which also has relaxed loads and stores for words that others change.
/// - The emulator knows: threadIdx, blockIdx, blockDim, gridDim, warpSize, __syncthreads and its
///   _count/_and/_or forms, __syncwarp, __shfl*_sync, __ballot_sync, __any_sync, __all_sync,
///   __match_any_sync, __reduce_{add,min,max,and,or,xor}_sync, CUDA's bit intrinsics, __ldg,
///   __threadfence*, __trap and the atomics. Not: __activemask, textures, cooperative groups,
///   inline PTX, __constant__, clock64. A mask names the lanes that come, exactly.
/// - No lane may spin on a value that another thread writes: fibers only change at barriers and
///   warp operations.
/// - Device-wide CUB calls: `#ifdef SLUICE_CUDA_EMULATED` in the launcher, with
///   `emulated::enqueue(stream, "name", [=] { plain C++ over the device pointers })` as stand-in.
///
/// What the emulator finds: see emulated/grid.hpp.

#include <cstddef>

#include "kernels/cuda/runtime.hpp"

#if defined(__CUDACC__)

#include <cuda_runtime_api.h>

namespace sluice::cuda {

/// Lets `kernel` be launched with up to `bytes` of dynamic shared memory on the current device.
template <class... Parameters>
void allow_dynamic_shared(void (*kernel)(Parameters...), std::size_t bytes) {
  check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                             cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "allowing dynamic shared memory");
}

/// How many blocks of this shape one multiprocessor holds at once.
template <class... Parameters>
[[nodiscard]] int resident_blocks(void (*kernel)(Parameters...), int block_threads,
                                  std::size_t shared_bytes) {
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, block_threads, shared_bytes),
        "asking for the occupancy");
  return blocks;
}

}  // namespace sluice::cuda

/// Launches `kernel<<<grid, block, shared_bytes>>>` on `stream` (a Stream&) with the arguments that
/// follow, and throws CudaError with the kernel's name if it could not be launched.
#define SLUICE_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                        \
  do {                                                                                       \
    ::sluice::cuda::Stream& sluice_launch_stream = (stream);                                 \
    kernel<<<(grid), (block), (shared_bytes), sluice_launch_stream.handle()>>>(__VA_ARGS__); \
    sluice_launch_stream.launched(#kernel);                                                  \
  } while (false)

/// Declares `T* name`, the block's dynamic shared memory, aligned to 16 bytes.
// NOLINTBEGIN(bugprone-macro-parentheses): T is a type.
#define SLUICE_DYNAMIC_SHARED(T, name)                                   \
  extern __shared__ __align__(16) unsigned char sluice_dynamic_shared[]; \
  T* const name = reinterpret_cast<T*>(sluice_dynamic_shared)
// NOLINTEND(bugprone-macro-parentheses)

#elif defined(SLUICE_CUDA_EMULATED)

#include "kernels/cuda/emulated/language.hpp"
#include "kernels/cuda/emulated/launch.hpp"

#endif

#include "kernels/cuda/atomics.hpp"
