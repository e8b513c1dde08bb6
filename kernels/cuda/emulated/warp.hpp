#pragma once

/// CUDA's warp operations under their own names. Included by language.hpp.

#include <concepts>
#include <cstdint>
#include <cstring>

#include "kernels/cuda/emulated/grid.hpp"

namespace sluice::cuda::emulated {

/// What a shuffle or a match can carry.
template <class T>
concept WarpValue = (std::integral<T> || std::floating_point<T>)&&(sizeof(T) == 4 ||
                                                                   sizeof(T) == 8);

template <WarpValue T>
std::uint64_t to_bits(T value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <WarpValue T>
T from_bits(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <WarpValue T>
T shuffle(unsigned mask, T value, unsigned source) {
  return from_bits<T>(meet_warp(WarpOperation::shuffle, mask, to_bits(value), source));
}

inline unsigned current_lane() { return current_thread->lane; }

/// First lane of the current lane's segment of `width` lanes, a power of two up to 32.
inline unsigned segment_begin(int width) {
  return current_lane() & ~(static_cast<unsigned>(width) - 1);
}
inline unsigned segment_last(int width) {
  return segment_begin(width) + static_cast<unsigned>(width) - 1;
}

}  // namespace sluice::cuda::emulated

// NOLINTBEGIN(readability-identifier-naming): CUDA's names.
inline void __syncwarp(unsigned mask = 0xffffffffu) {
  namespace emulated = ::sluice::cuda::emulated;
  emulated::meet_warp(emulated::WarpOperation::sync, mask, 0);
}

template <sluice::cuda::emulated::WarpValue T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  namespace emulated = ::sluice::cuda::emulated;
  const unsigned offset = static_cast<unsigned>(source) & (static_cast<unsigned>(width) - 1);
  return emulated::shuffle(mask, value, emulated::segment_begin(width) + offset);
}

template <sluice::cuda::emulated::WarpValue T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  namespace emulated = ::sluice::cuda::emulated;
  const unsigned lane = emulated::current_lane();
  const bool inside = lane - emulated::segment_begin(width) >= delta;
  return emulated::shuffle(mask, value, inside ? lane - delta : lane);
}

template <sluice::cuda::emulated::WarpValue T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  namespace emulated = ::sluice::cuda::emulated;
  const unsigned lane = emulated::current_lane();
  const bool inside = emulated::segment_last(width) - lane >= delta;
  return emulated::shuffle(mask, value, inside ? lane + delta : lane);
}

template <sluice::cuda::emulated::WarpValue T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32) {
  namespace emulated = ::sluice::cuda::emulated;
  const unsigned lane = emulated::current_lane();
  const unsigned source = lane ^ static_cast<unsigned>(lane_mask);
  return emulated::shuffle(mask, value, source <= emulated::segment_last(width) ? source : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  namespace emulated = ::sluice::cuda::emulated;
  return static_cast<unsigned>(
      emulated::meet_warp(emulated::WarpOperation::ballot, mask, predicate != 0));
}
inline int __any_sync(unsigned mask, int predicate) {
  namespace emulated = ::sluice::cuda::emulated;
  return static_cast<int>(emulated::meet_warp(emulated::WarpOperation::any, mask, predicate != 0));
}
inline int __all_sync(unsigned mask, int predicate) {
  namespace emulated = ::sluice::cuda::emulated;
  return static_cast<int>(emulated::meet_warp(emulated::WarpOperation::all, mask, predicate != 0));
}

template <sluice::cuda::emulated::WarpValue T>
unsigned __match_any_sync(unsigned mask, T value) {
  namespace emulated = ::sluice::cuda::emulated;
  return static_cast<unsigned>(
      emulated::meet_warp(emulated::WarpOperation::match, mask, emulated::to_bits(value)));
}

#define SLUICE_EMULATE_REDUCE(name, T, operation)                                                 \
  inline T name(unsigned mask, T value) {                                                         \
    namespace emulated = ::sluice::cuda::emulated;                                                \
    return emulated::from_bits<T>(                                                                \
        emulated::meet_warp(emulated::WarpOperation::operation, mask, emulated::to_bits(value))); \
  }
SLUICE_EMULATE_REDUCE(__reduce_add_sync, unsigned, add)
SLUICE_EMULATE_REDUCE(__reduce_add_sync, int, add)
SLUICE_EMULATE_REDUCE(__reduce_min_sync, unsigned, min_unsigned)
SLUICE_EMULATE_REDUCE(__reduce_min_sync, int, min_signed)
SLUICE_EMULATE_REDUCE(__reduce_max_sync, unsigned, max_unsigned)
SLUICE_EMULATE_REDUCE(__reduce_max_sync, int, max_signed)
SLUICE_EMULATE_REDUCE(__reduce_and_sync, unsigned, bit_and)
SLUICE_EMULATE_REDUCE(__reduce_or_sync, unsigned, bit_or)
SLUICE_EMULATE_REDUCE(__reduce_xor_sync, unsigned, bit_xor)
#undef SLUICE_EMULATE_REDUCE
// NOLINTEND(readability-identifier-naming)
