#pragma once

/// CUDA's atomics under their own names, for the types that CUDA has them for; relaxed, as on the
/// device. std::atomic_ref, so that ThreadSanitizer knows them. Included by language.hpp.

#include <atomic>

namespace sluice::cuda::emulated {

template <class T>
std::atomic_ref<T> reference(T* p) {
  return std::atomic_ref<T>(*p);
}

/// Integers wrap, as on the device.
template <class T>
T fetch_add(T* p, T value) {
  return reference(p).fetch_add(value, std::memory_order_relaxed);
}

template <class T>
T fetch_min(T* p, T value) {
  const std::atomic_ref<T> word = reference(p);
  T old = word.load(std::memory_order_relaxed);
  while (value < old && !word.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}

template <class T>
T fetch_max(T* p, T value) {
  const std::atomic_ref<T> word = reference(p);
  T old = word.load(std::memory_order_relaxed);
  while (old < value && !word.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}

}  // namespace sluice::cuda::emulated

// NOLINTBEGIN(readability-identifier-naming,bugprone-macro-parentheses): CUDA's names.
#define SLUICE_EMULATE_ATOMIC(name, T, operation)                                              \
  inline T name(T* p, T value) {                                                               \
    return ::sluice::cuda::emulated::reference(p).operation(value, std::memory_order_relaxed); \
  }
SLUICE_EMULATE_ATOMIC(atomicAdd, int, fetch_add)
SLUICE_EMULATE_ATOMIC(atomicAdd, unsigned, fetch_add)
SLUICE_EMULATE_ATOMIC(atomicAdd, unsigned long long, fetch_add)
SLUICE_EMULATE_ATOMIC(atomicAdd, float, fetch_add)
SLUICE_EMULATE_ATOMIC(atomicAdd, double, fetch_add)
SLUICE_EMULATE_ATOMIC(atomicSub, int, fetch_sub)
SLUICE_EMULATE_ATOMIC(atomicSub, unsigned, fetch_sub)
SLUICE_EMULATE_ATOMIC(atomicExch, int, exchange)
SLUICE_EMULATE_ATOMIC(atomicExch, unsigned, exchange)
SLUICE_EMULATE_ATOMIC(atomicExch, unsigned long long, exchange)
SLUICE_EMULATE_ATOMIC(atomicExch, float, exchange)
SLUICE_EMULATE_ATOMIC(atomicOr, int, fetch_or)
SLUICE_EMULATE_ATOMIC(atomicOr, unsigned, fetch_or)
SLUICE_EMULATE_ATOMIC(atomicOr, unsigned long long, fetch_or)
SLUICE_EMULATE_ATOMIC(atomicAnd, int, fetch_and)
SLUICE_EMULATE_ATOMIC(atomicAnd, unsigned, fetch_and)
SLUICE_EMULATE_ATOMIC(atomicAnd, unsigned long long, fetch_and)
SLUICE_EMULATE_ATOMIC(atomicXor, int, fetch_xor)
SLUICE_EMULATE_ATOMIC(atomicXor, unsigned, fetch_xor)
SLUICE_EMULATE_ATOMIC(atomicXor, unsigned long long, fetch_xor)
#undef SLUICE_EMULATE_ATOMIC

#define SLUICE_EMULATE_ATOMIC(T)                                                              \
  inline T atomicMin(T* p, T value) { return ::sluice::cuda::emulated::fetch_min(p, value); } \
  inline T atomicMax(T* p, T value) { return ::sluice::cuda::emulated::fetch_max(p, value); }
SLUICE_EMULATE_ATOMIC(int)
SLUICE_EMULATE_ATOMIC(unsigned)
SLUICE_EMULATE_ATOMIC(long long)
SLUICE_EMULATE_ATOMIC(unsigned long long)
#undef SLUICE_EMULATE_ATOMIC

#define SLUICE_EMULATE_ATOMIC(T)                                                               \
  inline T atomicCAS(T* p, T expected, T desired) {                                            \
    ::sluice::cuda::emulated::reference(p).compare_exchange_strong(expected, desired,          \
                                                                   std::memory_order_relaxed); \
    return expected;                                                                           \
  }
SLUICE_EMULATE_ATOMIC(int)
SLUICE_EMULATE_ATOMIC(unsigned)
SLUICE_EMULATE_ATOMIC(unsigned long long)
#undef SLUICE_EMULATE_ATOMIC
// NOLINTEND(readability-identifier-naming,bugprone-macro-parentheses)
