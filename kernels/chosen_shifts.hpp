#pragma once

#include <array>
#include <span>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// What is taken off the values of a column in its shifted sums of doubles: the first present,
/// finite value of the first batch staged that has one. The same on every backend that is fed the
/// same batches.
class ChosenShifts {
 public:
  explicit ChosenShifts(const RowLayout& layout);

  /// Chooses the shifts that are still open. Reads host memory.
  void choose(const EventColumns& events);

  /// Whether every column with shifted sums has its shift.
  bool complete() const noexcept;

  /// [max_values] 0 where none was chosen yet.
  const std::array<double, max_values>& values() const noexcept { return values_; }

  /// By value column, NaN where none was chosen yet: the form of StateImage.
  const std::vector<double>& image() const noexcept { return chosen_; }
  void load(std::span<const double> image);

 private:
  std::vector<std::uint8_t> columns_;  ///< value columns with shifted sums
  std::vector<double> chosen_;
  std::array<double, max_values> values_{};
};

}  // namespace sluice
