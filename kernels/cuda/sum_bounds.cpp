#include "kernels/cuda/sum_bounds.hpp"

#include <algorithm>

namespace sluice::cuda {

void SumBounds::set_empty(ColumnIndex column) {
  if (column >= bounds_.size()) bounds_.resize(column + std::size_t{1}, limit);
  bounds_[column] = 0;
}

void SumBounds::add(ColumnIndex column, std::uint64_t events, std::uint64_t magnitude) {
  if (column >= bounds_.size()) return;
  std::uint64_t& bound = bounds_[column];
  const std::uint64_t most = events == 0 ? limit : (limit - bound) / events;
  bound = magnitude > most ? limit : bound + events * magnitude;
}

std::uint64_t SumBounds::largest_value(ColumnIndex column, std::uint64_t events) const {
  if (column >= bounds_.size() || bounds_[column] >= limit) return 0;
  return (limit - 1 - bounds_[column]) / std::max<std::uint64_t>(events, 1);
}

}  // namespace sluice::cuda
