#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/types.hpp"

namespace sluice::cuda {

/// Proves that sums do not wrap: an upper bound of every |sum| in a column, from how many events it
/// has had and the largest |value| of each batch. While the bound allows it, kernels add to sums
/// without asking for the old value, which is what finds a wrap otherwise.
class SumBounds {
 public:
  /// A row's sum is proven to stay below.
  static constexpr std::uint64_t limit = std::uint64_t{1} << 63;

  /// The column holds nothing.
  void set_empty(ColumnIndex column);
  /// `events` values of at most `magnitude` may have gone into any row of the column.
  void add(ColumnIndex column, std::uint64_t events, std::uint64_t magnitude);
  /// @returns the largest |value| of which `events` cannot make a sum of the column wrap.
  [[nodiscard]] std::uint64_t largest_value(ColumnIndex column, std::uint64_t events) const;
  /// Nothing is known of any column any more.
  void forget() noexcept { bounds_.clear(); }

 private:
  std::vector<std::uint64_t> bounds_;  ///< [column] `limit`: nothing is known
};

}  // namespace sluice::cuda
