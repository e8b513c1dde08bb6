#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <string>

#include "kernels/cuda/emulated/fiber.hpp"
#include "kernels/cuda/emulated/grid.hpp"

namespace sluice::cuda::emulated {

/// One CUDA thread, and what it waits for.
enum class State : std::uint8_t { running, at_warp, at_block, returned };

struct Lane : ThreadContext {
  State state = State::running;
  WarpOperation operation = WarpOperation::sync;
  unsigned mask = 0;
  unsigned source = 0;
  std::uint64_t operand = 0;
  std::uint64_t result = 0;
  bool vote = false;
  std::source_location where;
  Fiber* fiber = nullptr;

  [[nodiscard]] bool in(unsigned lanes) const { return ((lanes >> lane) & 1u) != 0; }
};

[[nodiscard]] std::string to_string(const uint3& index);

/// "thread (3,0,0) waits in ..."
[[nodiscard]] std::string describe(const Lane& lane);

/// Gives every lane of `lanes` its result of an operation that all of them have reached.
void exchange(std::span<Lane> warp, WarpOperation operation, unsigned lanes);

}  // namespace sluice::cuda::emulated
