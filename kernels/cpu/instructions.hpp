#pragma once

#include <cstdint>

namespace sluice::cpu {

/// Instruction sets that inner loops are compiled for beside the baseline; chosen at run time.
enum class Instructions : std::uint8_t { plain, avx2, avx512 };

// In front of a function: it, and what is inlined into it, is compiled for that instruction set.
#if defined(__x86_64__)
#define SLUICE_AVX2 [[gnu::target("avx2,bmi2")]]
#define SLUICE_AVX512 [[gnu::target("avx2,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]]

/// The best set that this machine has.
inline Instructions best_instructions() noexcept {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) {
    return Instructions::plain;
  }
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return avx512 ? Instructions::avx512 : Instructions::avx2;
}
#else
#define SLUICE_AVX2
#define SLUICE_AVX512

inline Instructions best_instructions() noexcept { return Instructions::plain; }
#endif

}  // namespace sluice::cpu
