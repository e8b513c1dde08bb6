#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// Hands out column numbers, the smallest free one first, so that the backend's directory stays
/// small. A bit a column: thousands are taken and given back in a batch.
class ColumnPool {
 public:
  ColumnIndex take() {
    while (lowest_ < free_.size() && free_[lowest_] == 0) ++lowest_;
    if (lowest_ == free_.size()) {
      if (next_ % 64 == 0) free_.push_back(0);
      lowest_ = free_.size() - 1;
      return next_++;
    }
    const auto bit = static_cast<unsigned>(std::countr_zero(free_[lowest_]));
    free_[lowest_] &= free_[lowest_] - 1;
    return static_cast<ColumnIndex>(lowest_ * 64 + bit);
  }
  void give_back(ColumnIndex column) {
    free_[column / 64] |= std::uint64_t{1} << column % 64;
    lowest_ = std::min<std::size_t>(lowest_, column / 64);
  }

 private:
  std::vector<std::uint64_t> free_;  ///< [columns < next_] bits
  std::size_t lowest_ = 0;           ///< no word before it has a bit set
  ColumnIndex next_ = 0;
};

}  // namespace sluice
