#pragma once

#include <cstdint>
#include <optional>

#include "kernels/accumulator.hpp"

namespace sluice::cuda {

inline constexpr std::uint32_t most_hot_words = 4;
inline constexpr std::uint32_t most_cold_words = 2;

/// What a closing step does with each hot word of a small row, so that the row can stay in
/// registers: count, and up to three sums, minima or maxima of single words, with their cold words,
/// in any order. Cold words (overflows, nulls) are added up, whatever they count.
struct RowRules {
  enum Rule : std::uint8_t { none, sum, sum_of_doubles, minimum, maximum };

  Rule of[most_hot_words] = {};                 ///< [hot word]; word 0 is the count
  std::uint8_t overflow[most_hot_words] = {};   ///< [hot word] cold word of a sum
  std::uint64_t identity[most_hot_words] = {};  ///< [hot word]
  std::uint32_t cold_words = 0;
};

/// None for a row that is too large or keeps something else.
[[nodiscard]] std::optional<RowRules> rules_of(const RowLayout& layout);

}  // namespace sluice::cuda
