#include "tests/support/expected_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace sluice::oracle {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
constexpr double largest_double = std::numeric_limits<double>::max();

using Values = std::vector<std::optional<Value>>;

Expected compute(Function function, Column column, const Values& values, long double range = 0) {
  Job job;
  job.columns = {column};
  std::vector<Event> events;
  for (const auto& value : values) {
    events.push_back({.key = {}, .values = {value}});
  }
  std::vector<const Event*> pointers;
  for (const Event& event : events) {
    pointers.push_back(&event);
  }
  return expected_value(job, {.as = "x", .function = function, .column = 0}, pointers, range);
}

Expected of_ints(Function function, const Values& values) {
  return compute(function, {.type = ValueType::int64}, values);
}

Expected of_decimals(Function function, int scale, const Values& values) {
  return compute(function, {.type = ValueType::decimal, .scale = scale}, values);
}

Expected of_doubles(Function function, const Values& values, long double range = 0) {
  return compute(function, {.type = ValueType::real}, values, range);
}

Value i(std::int64_t value) { return value; }

std::int64_t integer(const Expected& expected) { return std::get<std::int64_t>(*expected.value); }
long double real(const Expected& expected) { return std::get<long double>(*expected.value); }

TEST(ExpectedValue, CountsEventsOrValuesThatAreNotNull) {
  const Event with{.key = {}, .values = {i(7)}};
  const Event without{.key = {}, .values = {std::nullopt}};
  const Job job{.columns = {Column{}}};
  const std::vector<const Event*> events = {&with, &without, &with};

  EXPECT_EQ(integer(expected_value(job, {"n", Function::count, std::nullopt}, events, 0)), 3);
  EXPECT_EQ(integer(expected_value(job, {"n", Function::count, 0}, events, 0)), 2);
}

TEST(ExpectedValue, IsNullWithoutAValueButForCounts) {
  const Values nulls = {std::nullopt, std::nullopt};
  for (const Function function :
       {Function::sum, Function::min, Function::max, Function::avg, Function::variance,
        Function::variance_pop, Function::stddev, Function::stddev_pop}) {
    EXPECT_FALSE(of_ints(function, nulls).value.has_value());
    EXPECT_FALSE(of_doubles(function, nulls).value.has_value());
    EXPECT_FALSE(of_ints(function, nulls).overflow);
  }
  EXPECT_EQ(integer(of_ints(Function::count, nulls)), 0);
}

TEST(ExpectedValue, SkipsNulls) {
  const Values values = {i(3), std::nullopt, i(-5), i(8)};

  EXPECT_EQ(integer(of_ints(Function::sum, values)), 6);
  EXPECT_EQ(integer(of_ints(Function::min, values)), -5);
  EXPECT_EQ(integer(of_ints(Function::max, values)), 8);
  EXPECT_EQ(real(of_ints(Function::avg, values)), 2.0L);
  EXPECT_EQ(real(of_ints(Function::variance_pop, {i(1), std::nullopt, i(3)})), 1.0L);
}

TEST(ExpectedValue, JudgesOnlyTheFinalIntegerSum) {
  EXPECT_EQ(integer(of_ints(Function::sum, {i(largest), i(1), i(-1)})), largest);
  EXPECT_EQ(integer(of_ints(Function::sum, {i(smallest + 1), i(-1)})), smallest);

  const Expected above = of_ints(Function::sum, {i(largest), i(1)});
  EXPECT_FALSE(above.value.has_value());
  EXPECT_TRUE(above.overflow);
  EXPECT_TRUE(of_ints(Function::sum, {i(smallest), i(-1)}).overflow);
}

TEST(ExpectedValue, AveragesIntegersExactlyEvenWhereTheSumOverflows) {
  EXPECT_EQ(real(of_ints(Function::avg, {i(1), i(2)})), 1.5L);
  EXPECT_EQ(real(of_ints(Function::avg, {i(-1), i(-1), i(0)})),
            static_cast<long double>(-2.0 / 3.0));
  EXPECT_EQ(real(of_ints(Function::avg, {i(largest), i(largest)})), 0x1p63L);
  EXPECT_FALSE(of_ints(Function::avg, {i(largest), i(largest)}).overflow);
}

TEST(ExpectedValue, ScalesTheAverageOfDecimalsBeforeItsOneRounding) {
  const Values values = {i(10), i(20), i(0)};  // 0.10, 0.20, 0.00

  EXPECT_EQ(integer(of_decimals(Function::sum, 2, values)), 30);
  EXPECT_EQ(real(of_decimals(Function::avg, 2, values)), static_cast<long double>(0.1));
}

TEST(ExpectedValue, ComputesVariancesOfIntegersExactly) {
  const Values values = {i(2), i(4), i(4), i(4), i(5), i(5), i(7), i(9)};  // mean 5, squares 32

  EXPECT_EQ(real(of_ints(Function::variance_pop, values)), 4.0L);
  EXPECT_EQ(real(of_ints(Function::stddev_pop, values)), 2.0L);
  EXPECT_EQ(real(of_ints(Function::variance, values)), static_cast<long double>(32.0 / 7.0));
  EXPECT_EQ(of_ints(Function::variance, values).tolerance, 0);
  EXPECT_EQ(real(of_ints(Function::variance, {i(largest), i(largest - 2)})), 2.0L);
  EXPECT_EQ(real(of_ints(Function::variance_pop, {i(largest), i(-largest)})), 0x1p126L);
}

TEST(ExpectedValue, ComputesVariancesOfDecimalsInTheirUnit) {
  const Values values = {i(150), i(250)};  // 1.50, 2.50

  EXPECT_EQ(real(of_decimals(Function::variance_pop, 2, values)), 0.25L);
  EXPECT_EQ(real(of_decimals(Function::variance, 2, values)), 0.5L);
  EXPECT_EQ(real(of_decimals(Function::stddev_pop, 2, values)), 0.5L);
}

TEST(ExpectedValue, GivesOneValueNoSampleVarianceAndZeroPopulationVariance) {
  EXPECT_FALSE(of_ints(Function::variance, {i(7)}).value.has_value());
  EXPECT_FALSE(of_doubles(Function::stddev, {7.5}).value.has_value());
  EXPECT_EQ(real(of_ints(Function::stddev_pop, {i(7)})), 0.0L);
  EXPECT_EQ(real(of_doubles(Function::variance_pop, {7.5}, 100)), 0.0L);
  EXPECT_EQ(of_doubles(Function::variance_pop, {7.5}, 100).tolerance, 0.0L);
}

TEST(ExpectedValue, BoundsSumsAndAveragesOfDoubles) {
  const Values values = {1.0, 0x1p-60, -1.0};
  const Expected sum = of_doubles(Function::sum, values);
  const Expected average = of_doubles(Function::avg, {1.0, 2.0});

  EXPECT_EQ(real(sum), 0x1p-60L);
  EXPECT_NEAR(static_cast<double>(sum.tolerance / (3 * 0x1p-53L * 2)), 1.0, 1e-9);
  EXPECT_EQ(real(average), 1.5L);
  EXPECT_EQ(average.tolerance, 0x1p-53L * 4.5L);
}

TEST(ExpectedValue, TakesSmallestAndLargestDoubleExactly) {
  const Values values = {0.1, -2.5, std::nullopt, 3.5};

  EXPECT_EQ(real(of_doubles(Function::min, values)), -2.5L);
  EXPECT_EQ(real(of_doubles(Function::max, values)), 3.5L);
  EXPECT_EQ(of_doubles(Function::max, values).tolerance, 0.0L);
}

TEST(ExpectedValue, ComputesVariancesOfDoublesFarFromZeroWithinABoundOfTheRangeOnly) {
  const Values values = {1e15 + 1, 1e15 + 2, 1e15 + 3, 1e15 + 4};  // variance 1.25, sample 5 / 3
  const Expected population = of_doubles(Function::variance_pop, values, 3);
  const Expected sample = of_doubles(Function::variance, values, 3);
  const Expected deviation = of_doubles(Function::stddev_pop, values, 3);

  EXPECT_NEAR(static_cast<double>(real(population)), 1.25, 1e-15);
  EXPECT_NEAR(static_cast<double>(real(sample)), 5.0 / 3.0, 1e-15);
  EXPECT_NEAR(static_cast<double>(real(deviation)), std::sqrt(1.25), 1e-15);
  EXPECT_LT(population.tolerance, 1e-12L);
  EXPECT_GT(population.tolerance, 0x1p-53L * 1.25L);
  EXPECT_LT(deviation.tolerance, 1e-12L);
}

// What an engine does: sums of x - K in doubles, pane by pane, each with a K of its own that is
// changed to the first pane's when the panes are combined.
double shifted_variance_pop(const std::vector<double>& values, std::size_t pane_size, bool shifts) {
  struct Sums {
    double shift = 0, count = 0, first = 0, second = 0;
  };
  Sums total;
  for (std::size_t begin = 0; begin < values.size(); begin += pane_size) {
    Sums pane{.shift = shifts ? values[begin] : 0};
    for (std::size_t k = begin; k < std::min(begin + pane_size, values.size()); ++k) {
      const double distance = values[k] - pane.shift;
      pane.count += 1;
      pane.first += distance;
      pane.second += distance * distance;
    }
    if (begin == 0) {
      total.shift = pane.shift;
    }
    const double change = pane.shift - total.shift;
    total.second += pane.second + 2 * change * pane.first + pane.count * change * change;
    total.first += pane.first + pane.count * change;
    total.count += pane.count;
  }
  return (total.second - total.first * total.first / total.count) / total.count;
}

TEST(ExpectedValue, BoundsHoldForPlainDoubleArithmeticAndCatchUnshiftedSums) {
  Random random(7);
  int unshifted_misses = 0;
  for (int round = 0; round < 300; ++round) {
    const auto count = static_cast<std::size_t>(random.between(2, 400));
    const double centre = random.pick({0.0, 1e3, -1e9});
    Values values;
    std::vector<double> plain;
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      plain.push_back(centre + random.fraction());
      values.emplace_back(plain.back());
      sum += plain.back();
    }
    const auto [low, high] = std::minmax_element(plain.begin(), plain.end());
    const Expected expected =
        of_doubles(Function::variance_pop, values, static_cast<long double>(*high) - *low);
    const auto miss = [](const Expected& wanted, double actual) {
      return std::abs(actual - real(wanted)) > wanted.tolerance;
    };

    EXPECT_FALSE(miss(of_doubles(Function::sum, values), sum));
    EXPECT_FALSE(miss(of_doubles(Function::avg, values), sum / static_cast<double>(count)));
    EXPECT_FALSE(miss(expected, shifted_variance_pop(plain, 400, true)));
    EXPECT_FALSE(miss(expected, shifted_variance_pop(plain, 7, true)));
    unshifted_misses += centre == -1e9 && miss(expected, shifted_variance_pop(plain, 7, false));
  }
  EXPECT_GT(unshifted_misses, 50);
}

TEST(ExpectedValue, MakesADoubleSumNullThatOverflowsFromFiniteInput) {
  const Expected beyond = of_doubles(Function::sum, {largest_double, largest_double});
  const Expected order_decides =
      of_doubles(Function::sum, {largest_double, largest_double, -largest_double});

  EXPECT_FALSE(beyond.value.has_value());
  EXPECT_FALSE(beyond.overflow);
  EXPECT_TRUE(order_decides.or_null);
  EXPECT_EQ(real(order_decides), static_cast<long double>(largest_double));
  EXPECT_FALSE(of_doubles(Function::sum, {largest_double}).or_null);
}

}  // namespace
}  // namespace sluice::oracle
