#include "kernels/chosen_shifts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/row_operations.hpp"

namespace sluice {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double first_value(const ValueColumn& column, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const double value = double_of(column[i]);
    if ((column.valid == nullptr || column.valid[i] != 0) && std::isfinite(value)) return value;
  }
  return none;
}

}  // namespace

ChosenShifts::ChosenShifts(const RowLayout& layout) {
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (spec.kind != AccumulatorKind::sum_shifted &&
        spec.kind != AccumulatorKind::sum_squares_shifted) {
      continue;
    }
    columns_.push_back(spec.value);
    chosen_.resize(std::max<std::size_t>(chosen_.size(), spec.value + 1u), none);
  }
}

void ChosenShifts::choose(const EventColumns& events) {
  for (const std::uint8_t column : columns_) {
    if (!std::isnan(chosen_[column])) continue;
    chosen_[column] = first_value(events.values[column], events.size);
    values_[column] = std::isnan(chosen_[column]) ? 0 : chosen_[column];
  }
}

bool ChosenShifts::complete() const noexcept {
  return std::ranges::none_of(columns_,
                              [this](std::uint8_t column) { return std::isnan(chosen_[column]); });
}

void ChosenShifts::load(std::span<const double> image) {
  for (std::size_t v = 0; v < std::min(chosen_.size(), image.size()); ++v) {
    chosen_[v] = image[v];
    values_[v] = std::isnan(image[v]) ? 0 : image[v];
  }
}

}  // namespace sluice
