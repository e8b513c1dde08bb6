#pragma once

#include <vector>

#include "kernels/cpu/instructions.hpp"

namespace sluice::cpu {

/// The instruction sets that this machine can run.
inline std::vector<Instructions> instruction_sets() {
  std::vector<Instructions> sets{Instructions::plain};
  const Instructions best = best_instructions();
  if (best != Instructions::plain) sets.push_back(Instructions::avx2);
  if (best == Instructions::avx512) sets.push_back(Instructions::avx512);
  return sets;
}

}  // namespace sluice::cpu
