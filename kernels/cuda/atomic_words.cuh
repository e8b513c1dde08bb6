#pragma once

#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

/// PlainWords (kernels/row_operations.hpp) for words that many threads change at once: every
/// operation is one relaxed atomic. Extremes are read first, since most events change none.
struct AtomicWords {
  __device__ static std::int64_t add(std::uint64_t* word, std::int64_t value) noexcept {
    return static_cast<std::int64_t>(atomic_add(word, static_cast<std::uint64_t>(value)));
  }
  __device__ static void add_double(std::uint64_t* word, double value) noexcept {
    atomic_add(reinterpret_cast<double*>(word), value);
  }
  __device__ static void minimum(std::uint64_t* word, std::int64_t value) noexcept {
    auto* const extreme = reinterpret_cast<std::int64_t*>(word);
    if (value < atomic_load(extreme)) atomic_min(extreme, value);
  }
  __device__ static void maximum(std::uint64_t* word, std::int64_t value) noexcept {
    auto* const extreme = reinterpret_cast<std::int64_t*>(word);
    if (value > atomic_load(extreme)) atomic_max(extreme, value);
  }
};

}  // namespace sluice::cuda
