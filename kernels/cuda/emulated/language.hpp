#pragma once

/// CUDA C++ for g++: what launch.hpp gives a .cu file when there is no nvcc. Names are CUDA's.

#include <atomic>
#include <bit>
#include <cassert>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "kernels/cuda/emulated/fiber.hpp"
#include "kernels/cuda/emulated/grid.hpp"

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)

#define threadIdx (::sluice::cuda::emulated::current_thread->thread_index)
#define blockIdx (::sluice::cuda::emulated::current_thread->block->block_index)
#define blockDim (::sluice::cuda::emulated::current_thread->block->block_size)
#define gridDim (::sluice::cuda::emulated::current_thread->block->grid_size)
// NOLINTBEGIN(readability-identifier-naming): CUDA's names.
inline constexpr int warpSize = 32;

#include "kernels/cuda/emulated/atomics.hpp"
#include "kernels/cuda/emulated/bits.hpp"
#include "kernels/cuda/emulated/warp.hpp"

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  ::sluice::cuda::emulated::meet_block(false, where);
}
inline int __syncthreads_count(int predicate,
                               std::source_location where = std::source_location::current()) {
  return static_cast<int>(::sluice::cuda::emulated::meet_block(predicate != 0, where));
}
inline int __syncthreads_or(int predicate,
                            std::source_location where = std::source_location::current()) {
  return ::sluice::cuda::emulated::meet_block(predicate != 0, where) != 0;
}
inline int __syncthreads_and(int predicate,
                             std::source_location where = std::source_location::current()) {
  return ::sluice::cuda::emulated::meet_block(predicate == 0, where) == 0;
}

/// ThreadSanitizer has no fences: there, every fence is ordered with every later one, which can
/// hide a race but never invents one.
inline void __threadfence() {
#if defined(__SANITIZE_THREAD__)
  static char fence;
  ::sluice::cuda::emulated::acquire(&fence);
  ::sluice::cuda::emulated::release(&fence);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}
inline void __threadfence_block() { __threadfence(); }
inline void __threadfence_system() { __threadfence(); }

[[noreturn]] inline void __trap() { ::sluice::cuda::emulated::stop_kernel("__trap()"); }

// NOLINTEND(readability-identifier-naming)

/// The emulated counterpart of launch.hpp's macro.
// NOLINTBEGIN(bugprone-macro-parentheses): T is a type.
#define SLUICE_DYNAMIC_SHARED(T, name) \
  T* const name =                      \
      reinterpret_cast<T*>(::sluice::cuda::emulated::current_thread->block->dynamic_shared)
// NOLINTEND(bugprone-macro-parentheses)
