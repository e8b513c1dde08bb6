#include "kernels/cuda/emulated/lane.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <string_view>

namespace sluice::cuda::emulated {

namespace {

std::string_view name_of(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::sync:
      return "__syncwarp";
    case WarpOperation::shuffle:
      return "a shuffle";
    case WarpOperation::ballot:
      return "__ballot_sync";
    case WarpOperation::any:
      return "__any_sync";
    case WarpOperation::all:
      return "__all_sync";
    case WarpOperation::match:
      return "__match_any_sync";
    default:
      return "a warp reduction";
  }
}

std::uint64_t reduce(WarpOperation operation, std::uint64_t a, std::uint64_t b) {
  const auto x = static_cast<std::uint32_t>(a);
  const auto y = static_cast<std::uint32_t>(b);
  switch (operation) {
    case WarpOperation::add:
      return x + y;
    case WarpOperation::min_unsigned:
      return std::min(x, y);
    case WarpOperation::max_unsigned:
      return std::max(x, y);
    case WarpOperation::min_signed:
      return std::bit_cast<std::int32_t>(x) < std::bit_cast<std::int32_t>(y) ? x : y;
    case WarpOperation::max_signed:
      return std::bit_cast<std::int32_t>(x) > std::bit_cast<std::int32_t>(y) ? x : y;
    case WarpOperation::bit_and:
      return x & y;
    case WarpOperation::bit_or:
      return x | y;
    default:
      return x ^ y;
  }
}

unsigned lanes_with(std::span<const Lane> warp, unsigned lanes, std::uint64_t operand) {
  unsigned found = 0;
  for (const Lane& lane : warp) {
    if (lane.in(lanes) && lane.operand == operand) found |= 1u << lane.lane;
  }
  return found;
}

std::uint64_t shared_result(std::span<const Lane> warp, WarpOperation operation, unsigned lanes) {
  const unsigned set = lanes_with(warp, lanes, 1);
  if (operation == WarpOperation::ballot) return set;
  if (operation == WarpOperation::any) return set != 0;
  if (operation == WarpOperation::all) return set == lanes;
  std::uint64_t result = warp[static_cast<unsigned>(std::countr_zero(lanes))].operand;
  for (const Lane& lane : warp) {
    const bool first = (lanes & ((1u << lane.lane) - 1)) == 0;
    if (lane.in(lanes) && !first) result = reduce(operation, result, lane.operand);
  }
  return result;
}

}  // namespace

std::string to_string(const uint3& index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," +
         std::to_string(index.z) + ")";
}

std::string describe(const Lane& lane) {
  std::string thread = "thread " + to_string(lane.thread_index);
  switch (lane.state) {
    case State::returned:
      return thread + " has returned";
    case State::at_block:
      return thread + " waits in __syncthreads at " + lane.where.file_name() + ":" +
             std::to_string(lane.where.line());
    case State::at_warp: {
      std::array<char, 16> mask{};
      std::snprintf(mask.data(), mask.size(), "0x%08x", lane.mask);
      return thread + " waits in " + std::string(name_of(lane.operation)) + " for lanes " +
             mask.data();
    }
    case State::running:
      break;
  }
  return thread;
}

void exchange(std::span<Lane> warp, WarpOperation operation, unsigned lanes) {
  const bool own = operation == WarpOperation::shuffle || operation == WarpOperation::match;
  const std::uint64_t shared = own ? 0 : shared_result(warp, operation, lanes);
  for (Lane& lane : warp) {
    if (!lane.in(lanes)) continue;
    if (operation == WarpOperation::shuffle) {
      const bool there = ((lanes >> lane.source) & 1u) != 0;
      lane.result = there ? warp[lane.source].operand : undefined_value();
    } else if (operation == WarpOperation::match) {
      lane.result = lanes_with(warp, lanes, lane.operand);
    } else {
      lane.result = shared;
    }
  }
}

}  // namespace sluice::cuda::emulated
