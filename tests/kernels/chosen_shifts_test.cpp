#include "kernels/chosen_shifts.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"

namespace sluice {
namespace {

RowLayout layout_with_variance_of(std::uint8_t value) {
  const std::vector<AccumulatorNeed> needs{{AccumulatorKind::sum_shifted, value, true},
                                           {AccumulatorKind::sum_squares_shifted, value, true}};
  return lay_out_row(needs);
}

/// One value column of doubles.
struct Doubles {
  std::vector<std::int64_t> bits;
  std::vector<std::uint8_t> valid;

  Doubles(std::initializer_list<double> values, std::vector<std::uint8_t> present)
      : valid(std::move(present)) {
    for (const double value : values) bits.push_back(std::bit_cast<std::int64_t>(value));
  }
  EventColumns columns() const {
    EventColumns events;
    events.size = bits.size();
    events.value_count = 1;
    events.values[0] = {bits.data(), valid.empty() ? nullptr : valid.data()};
    return events;
  }
};

TEST(ChosenShifts, TakesTheFirstPresentFiniteValue) {
  ChosenShifts shifts(layout_with_variance_of(0));
  shifts.choose(
      Doubles({7, std::numeric_limits<double>::infinity(), 3, 5}, {0, 1, 1, 1}).columns());
  EXPECT_EQ(shifts.values()[0], 3);
}

TEST(ChosenShifts, KeepsWhatItChose) {
  ChosenShifts shifts(layout_with_variance_of(0));
  shifts.choose(Doubles({7}, {}).columns());
  shifts.choose(Doubles({9}, {}).columns());
  EXPECT_EQ(shifts.values()[0], 7);
}

TEST(ChosenShifts, IsZeroWhileNoValueWasSeen) {
  ChosenShifts shifts(layout_with_variance_of(0));
  shifts.choose(Doubles({7}, {0}).columns());
  EXPECT_EQ(shifts.values()[0], 0);
  EXPECT_TRUE(std::isnan(shifts.image()[0]));
}

TEST(ChosenShifts, ComesBackFromItsImage) {
  ChosenShifts shifts(layout_with_variance_of(0));
  shifts.choose(Doubles({7}, {}).columns());
  ChosenShifts restored(layout_with_variance_of(0));
  restored.load(shifts.image());
  restored.choose(Doubles({9}, {}).columns());
  EXPECT_EQ(restored.values()[0], 7);
}

}  // namespace
}  // namespace sluice
