#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/instructions.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/window_rows.hpp"

namespace sluice::cpu {

/// Adds and subtracts whole chunks of one layout. What follows from the layout is found out once:
/// where every hot word is added, or is a minimum or a maximum of integers, whole vectors of words
/// are changed at a time, whatever accumulators they belong to.
class ChunkArithmetic {
 public:
  explicit ChunkArithmetic(const RowLayout& layout, Instructions set = best_instructions());

  /// target <- target + source for the first target.rows rows. Same meaning as combine_row.
  void combine(RowGroup target, RowGroup source) const { add(target, target, source); }
  /// target <- first + second, likewise, whatever target held. It may be `first`.
  /// Operands need no cold words where needs_cold() is false and all of them are 0.
  void add(RowGroup target, RowGroup first, RowGroup second) const;
  /// target <- target - source, likewise. Same meaning as remove_row.
  void remove(RowGroup target, RowGroup source) const;
  /// Whether one of the first group.rows rows has a cold word other than 0.
  bool has_cold(RowGroup group) const noexcept;
  bool needs_cold() const noexcept { return lanes_.empty(); }

 private:
  /// What four neighbouring hot words are, -1 or 0 each: the rest is added.
  struct Lanes {
    std::int64_t minimum[4] = {};
    std::int64_t maximum[4] = {};
  };
  struct Loops;

  void combine_each(RowGroup target, RowGroup source) const;
  void remove_each(RowGroup target, RowGroup source) const;
  void settle_overflows(RowGroup target, RowGroup source, bool added) const;

  RowLayout layout_;
  Instructions set_;
  bool ordered_ = false;      ///< some hot word is a minimum or a maximum
  std::vector<Lanes> lanes_;  ///< of consecutive vectors, repeated; empty: not of this kind
};

}  // namespace sluice::cpu
