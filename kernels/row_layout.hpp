#pragma once

#include <cstdint>
#include <span>

#include "kernels/accumulator.hpp"

namespace sluice {

/// An accumulator that an aggregate needs, before it has a place in the row.
struct AccumulatorNeed {
  AccumulatorKind kind;
  std::uint8_t value;
  bool is_double = false;
  friend bool operator==(const AccumulatorNeed&, const AccumulatorNeed&) = default;
};

/// Places accumulators in a row: equal needs share one accumulator, the hot stride is rounded up to
/// 1, 2, 4 or a multiple of 8 words.
/// @throws std::length_error beyond max_accumulators.
RowLayout lay_out_row(std::span<const AccumulatorNeed> needs);

/// The accumulator of `layout` that fills `need`, or nullptr.
const AccumulatorSpec* find_accumulator(const RowLayout& layout, const AccumulatorNeed& need);

}  // namespace sluice
