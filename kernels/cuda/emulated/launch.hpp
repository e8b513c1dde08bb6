#pragma once

#include <cstddef>
#include <functional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/cuda/emulated/grid.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

namespace emulated {

/// Puts a grid on the stream. Fails as CUDA does for impossible shapes, and for more dynamic
/// shared memory than `function` was allowed.
void enqueue_grid(Stream& stream, Grid grid, const void* function, std::source_location where);

/// Puts host code that stands in for device code (a device-wide library call) on the stream; it
/// may use device pointers and counts as a launch.
/// @param name static storage
void enqueue(Stream& stream, const char* name, std::function<void()> work,
             std::source_location where = std::source_location::current());

void allow_shared(const void* function, std::size_t bytes);

/// Copies the arguments now, as a launch does.
template <class... Parameters, class... Arguments>
void launch(std::source_location where, const char* name, void (*kernel)(Parameters...),
            dim3 grid_size, dim3 block_size, std::size_t shared_bytes, Stream& stream,
            Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...),
                "kernel parameters are trivially copyable values");
  static_assert(!(std::is_reference_v<Parameters> || ...), "kernel parameters are passed by value");
  std::tuple<Parameters...> parameters(std::forward<Arguments>(arguments)...);
  enqueue_grid(stream,
               {.kernel = name,
                .grid_size = grid_size,
                .block_size = block_size,
                .shared_bytes = shared_bytes,
                .thread = [kernel, parameters] { std::apply(kernel, parameters); }},
               reinterpret_cast<const void*>(kernel), where);
}

}  // namespace emulated

/// As in launch.hpp.
template <class... Parameters>
void allow_dynamic_shared(void (*kernel)(Parameters...), std::size_t bytes) {
  emulated::allow_shared(reinterpret_cast<const void*>(kernel), bytes);
}
template <class... Parameters>
[[nodiscard]] int resident_blocks(void (*)(Parameters...), int /*block_threads*/,
                                  std::size_t /*shared_bytes*/) {
  return 1;
}

}  // namespace sluice::cuda

#define SLUICE_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                             \
  ::sluice::cuda::emulated::launch(std::source_location::current(), #kernel, kernel, grid, block, \
                                   shared_bytes, stream __VA_OPT__(, ) __VA_ARGS__)
