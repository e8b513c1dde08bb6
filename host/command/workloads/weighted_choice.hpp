#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "ingest/generate/random.hpp"

namespace sluice {

/// Draws numbers 0, 1, ... in proportion to their shares.
class WeightedChoice {
 public:
  WeightedChoice() = default;
  explicit WeightedChoice(std::span<const double> shares) {
    double sum = 0;
    for (const double share : shares) cumulative_.push_back(sum += share);
  }

  std::size_t operator()(Random& random) const {
    const double at = random.fraction() * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, at);
    return static_cast<std::size_t>(found - cumulative_.begin());
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace sluice
