#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"

namespace sluice::cpu {

/// Memory made of equal groups of rows: in each, first all hot parts, then all cold parts.
struct RowSpace {
  std::uint64_t* base = nullptr;
  std::size_t group_words = 1;  ///< from the start of one group to that of the next
  std::size_t group_rows = 1;
  std::uint32_t hot_words = 1;
  std::uint32_t cold_words = 0;

  /// The cold part of a row, from its hot part. Divides: for what seldom happens.
  std::uint64_t* cold_row(const std::uint64_t* hot_row) const noexcept {
    const auto word = static_cast<std::size_t>(hot_row - base);
    const std::size_t group = word / group_words;
    const std::size_t row = word % group_words / hot_words;
    return base + group * group_words + group_rows * hot_words + row * cold_words;
  }
};

}  // namespace sluice::cpu
