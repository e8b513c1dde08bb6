#pragma once

/// Relaxed atomic operations on device memory for the fixed-width types, in kernels. Each returns
/// the old value. CUDA's own functions take `unsigned long long`, which std::uint64_t is not.
/// Included by launch.hpp.

#include <cstdint>

#if defined(SLUICE_CUDA_EMULATED)
#include "kernels/cuda/emulated/atomics.hpp"
#endif

namespace sluice::cuda {

#if defined(__CUDACC__)

namespace detail {
static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
__device__ inline unsigned long long* native(std::uint64_t* p) {
  return reinterpret_cast<unsigned long long*>(p);
}
__device__ inline long long* native(std::int64_t* p) { return reinterpret_cast<long long*>(p); }
__device__ inline unsigned* native(std::uint32_t* p) { return p; }
__device__ inline int* native(std::int32_t* p) { return p; }
__device__ inline double* native(double* p) { return p; }
__device__ inline float* native(float* p) { return p; }
}  // namespace detail

/// Says that `p` points to device memory, not to a block's shared memory: a pointer that was read
/// as a number could be either, and operations on either are slower.
template <class T>
__device__ T* in_device_memory(T* p) {
  __builtin_assume(__isGlobal(p));
  return p;
}

/// Adds to a word of device memory, and wants no answer.
__device__ inline void reduce_add(std::uint64_t* p, std::uint64_t value) {
  asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" ::"l"(__cvta_generic_to_global(p)),
               "l"(value)
               : "memory");
}

/// Wraps around for integers.
template <class T>
__device__ T atomic_add(T* p, T value) {
  return static_cast<T>(atomicAdd(detail::native(p), value));
}
/// Two's complement: signed addition is the unsigned one.
__device__ inline std::int64_t atomic_add(std::int64_t* p, std::int64_t value) {
  return static_cast<std::int64_t>(
      atomicAdd(reinterpret_cast<unsigned long long*>(p), static_cast<unsigned long long>(value)));
}
template <class T>
__device__ T atomic_min(T* p, T value) {
  return static_cast<T>(atomicMin(detail::native(p), value));
}
template <class T>
__device__ T atomic_max(T* p, T value) {
  return static_cast<T>(atomicMax(detail::native(p), value));
}
template <class T>
__device__ T atomic_or(T* p, T value) {
  return static_cast<T>(atomicOr(detail::native(p), value));
}
template <class T>
__device__ T atomic_and(T* p, T value) {
  return static_cast<T>(atomicAnd(detail::native(p), value));
}
/// For std::uint32_t and std::uint64_t.
template <class T>
__device__ T atomic_exchange(T* p, T value) {
  return static_cast<T>(atomicExch(detail::native(p), value));
}
/// Stores `desired` if *p is `expected`. For std::uint32_t and std::uint64_t.
template <class T>
__device__ T atomic_compare_exchange(T* p, T expected, T desired) {
  return static_cast<T>(atomicCAS(detail::native(p), expected, desired));
}
template <class T>
__device__ T atomic_load(const T* p) {
  return *static_cast<const volatile T*>(p);
}
template <class T>
__device__ void atomic_store(T* p, T value) {
  *static_cast<volatile T*>(p) = value;
}

#elif defined(SLUICE_CUDA_EMULATED)

template <class T>
T* in_device_memory(T* p) {
  return p;
}
inline void reduce_add(std::uint64_t* p, std::uint64_t value) { emulated::fetch_add(p, value); }
template <class T>
T atomic_add(T* p, T value) {
  return emulated::fetch_add(p, value);
}
template <class T>
T atomic_min(T* p, T value) {
  return emulated::fetch_min(p, value);
}
template <class T>
T atomic_max(T* p, T value) {
  return emulated::fetch_max(p, value);
}
template <class T>
T atomic_or(T* p, T value) {
  return emulated::reference(p).fetch_or(value, std::memory_order_relaxed);
}
template <class T>
T atomic_and(T* p, T value) {
  return emulated::reference(p).fetch_and(value, std::memory_order_relaxed);
}
template <class T>
T atomic_exchange(T* p, T value) {
  return emulated::reference(p).exchange(value, std::memory_order_relaxed);
}
template <class T>
T atomic_compare_exchange(T* p, T expected, T desired) {
  emulated::reference(p).compare_exchange_strong(expected, desired, std::memory_order_relaxed);
  return expected;
}
template <class T>
T atomic_load(const T* p) {
  return emulated::reference(const_cast<T*>(p)).load(std::memory_order_relaxed);
}
template <class T>
void atomic_store(T* p, T value) {
  emulated::reference(p).store(value, std::memory_order_relaxed);
}

#endif

}  // namespace sluice::cuda
