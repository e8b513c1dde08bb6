#include "host/engine/lowering.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_operations.hpp"

namespace sluice {
namespace {

using Kind = ResultValue::Kind;
using Function = AggregateFunction;
using Inputs = std::vector<std::optional<std::int64_t>>;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Inputs doubles(const std::vector<double>& values) {
  Inputs inputs;
  for (const double value : values) inputs.emplace_back(std::bit_cast<std::int64_t>(value));
  return inputs;
}

Job job_of(std::vector<Function> functions, ValueType type, unsigned scale = 0) {
  Job job;
  job.format.values.push_back({.path = {}, .name = "x", .type = type, .scale = scale});
  for (const Function function : functions) {
    job.aggregates.push_back({.name = "r", .function = function, .value = std::uint8_t{0}});
  }
  return job;
}

bool has_cold(const RowLayout& layout, RowRef row) {
  return std::any_of(row.cold, row.cold + layout.cold_words, [](auto word) { return word != 0; });
}

/// Lifts the inputs, one event each, into a row and lowers it.
std::vector<ResultValue> lowered(const Job& job, const Inputs& inputs, double shift = 0,
                                 unsigned* overflows = nullptr) {
  const RowLayout layout = layout_of(job);
  std::vector<std::uint64_t> words(layout.words());
  const RowRef row{words.data(), words.data() + layout.hot_words};
  reset_row(layout, row);
  for (const std::optional<std::int64_t>& input : inputs) {
    const std::int64_t bits = input.value_or(0);
    const std::uint8_t valid = input ? 1 : 0;
    EventColumns event;
    event.size = 1;
    event.value_count = 1;
    event.values[0] = {&bits, &valid};
    lift_event<PlainWords>(layout, row, event, &shift, 0);
  }
  const KeySlot slot = 0;
  const RowPiece piece{.count = 1,
                       .slots = &slot,
                       .hot = row.hot,
                       .cold = has_cold(layout, row) ? row.cold : nullptr,
                       .word_stride = 1,
                       .row_stride = layout.words()};
  const Lowering lowering(job, layout);
  std::vector<ResultValue> values;
  unsigned overflowed = 0;
  for (std::size_t a = 0; a < lowering.aggregates(); ++a) {
    std::uint64_t bits = 0;
    ResultMark mark = ResultMark::null;
    const bool marked = lowering.lower(a, piece, &bits, &mark);
    EXPECT_EQ(marked, mark != ResultMark::none);
    ResultColumn column = lowering.column_of(a);
    column.bits = {&bits, 1};
    column.marks = &mark;
    values.push_back(column[0]);
    overflowed += mark == ResultMark::overflow ? 1u : 0u;
  }
  if (overflows != nullptr) *overflows = overflowed;
  return values;
}

ResultValue lowered(Function function, const Inputs& inputs) {
  return lowered(job_of({function}, ValueType::int64), inputs)[0];
}
ResultValue lowered_decimals(Function function, unsigned scale, const Inputs& inputs) {
  return lowered(job_of({function}, ValueType::decimal, scale), inputs)[0];
}
ResultValue lowered_doubles(Function function, const std::vector<double>& inputs,
                            double shift = 0) {
  return lowered(job_of({function}, ValueType::float64), doubles(inputs), shift)[0];
}

void expect_integer(const ResultValue& value, std::int64_t expected) {
  EXPECT_EQ(value.kind, Kind::integer);
  EXPECT_EQ(value.integer, expected);
}
void expect_decimal(const ResultValue& value, std::int64_t expected, unsigned scale) {
  EXPECT_EQ(value.kind, Kind::decimal);
  EXPECT_EQ(value.integer, expected);
  EXPECT_EQ(value.scale, scale);
}
void expect_real(const ResultValue& value, double expected) {
  EXPECT_EQ(value.kind, Kind::real);
  EXPECT_EQ(value.real, expected);
}
void expect_null(const ResultValue& value) {
  EXPECT_EQ(value.kind, Kind::null);
  EXPECT_FALSE(value.overflow);
}

TEST(Lowering, CountOfEventsCountsNullsToo) {
  Job job;
  job.aggregates.push_back({.name = "events", .function = Function::count, .value = {}});
  expect_integer(lowered(job, {1, std::nullopt, 3})[0], 3);
}

TEST(Lowering, CountOfAValueCountsPresentOnes) {
  expect_integer(lowered(Function::count, {1, std::nullopt, 3}), 2);
  expect_integer(lowered(Function::count, {std::nullopt}), 0);
}

TEST(Lowering, SkipsNulls) {
  const Inputs inputs{std::nullopt, 4, std::nullopt, 8};
  expect_integer(lowered(Function::sum, inputs), 12);
  expect_integer(lowered(Function::min, inputs), 4);
  expect_integer(lowered(Function::max, inputs), 8);
  expect_real(lowered(Function::avg, inputs), 6);
  expect_real(lowered(Function::variance, inputs), 8);
  expect_real(lowered(Function::variance_pop, inputs), 4);
}

TEST(Lowering, GivesNullWhereEveryValueIsNull) {
  for (const Function function :
       {Function::sum, Function::min, Function::max, Function::avg, Function::stddev,
        Function::stddev_pop, Function::variance, Function::variance_pop}) {
    expect_null(lowered(function, {std::nullopt, std::nullopt}));
  }
}

TEST(Lowering, KeepsTheScaleOfDecimals) {
  const Inputs cents{1250, -5, 100};
  expect_decimal(lowered_decimals(Function::sum, 2, cents), 1345, 2);
  expect_decimal(lowered_decimals(Function::min, 2, cents), -5, 2);
  expect_decimal(lowered_decimals(Function::max, 2, cents), 1250, 2);
}

TEST(Lowering, AveragesDecimalsInTheirUnit) {
  expect_real(lowered_decimals(Function::avg, 2, {150, 175}), 1.625);
  expect_real(lowered_decimals(Function::variance_pop, 2, {100, 300}), 1);
  expect_real(lowered_decimals(Function::variance, 1, {10, 30}), 2);
}

TEST(Lowering, SumReachesBothEndsOfTheRange) {
  expect_integer(lowered(Function::sum, {most, 0}), most);
  expect_integer(lowered(Function::sum, {least, 0}), least);
  expect_integer(lowered(Function::sum, {most, most, least, least, 1}), -1);
}

TEST(Lowering, SumOutsideTheRangeIsNullAndMarked) {
  for (const Inputs& inputs : {Inputs{most, 1}, Inputs{least, -1}, Inputs{least, least}}) {
    unsigned overflows = 0;
    const Job job = job_of({Function::sum, Function::max}, ValueType::int64);
    const std::vector<ResultValue> values = lowered(job, inputs, 0, &overflows);
    EXPECT_EQ(values[0].kind, Kind::null);
    EXPECT_TRUE(values[0].overflow);
    EXPECT_EQ(values[1].kind, Kind::integer);
    EXPECT_EQ(overflows, 1u);
  }
}

TEST(Lowering, AverageIsExactBeyondTheRangeOfSums) {
  expect_real(lowered(Function::avg, {most, most, most}), 0x1p63);
  expect_real(lowered(Function::avg, {least, least}), -0x1p63);
  expect_real(lowered(Function::avg, {most, least}), -0.5);
}

TEST(Lowering, AverageRoundsOnce) {
  // (2^53 + 1) / 1 and (2^54 + 6) / 2 lie halfway between doubles: ties to even.
  expect_real(lowered(Function::avg, {(std::int64_t{1} << 53) + 1}), 0x1p53);
  expect_real(lowered(Function::avg, {std::int64_t{1} << 54, 6}), 0x1p53 + 4);
  expect_real(lowered(Function::avg, {1, 0, 0}), 1.0 / 3.0);
}

TEST(Lowering, VarianceOfOneValueIsNullForASampleAndZeroForAPopulation) {
  expect_null(lowered(Function::variance, {7}));
  expect_null(lowered(Function::stddev, {7}));
  expect_real(lowered(Function::variance_pop, {7}), 0);
  expect_real(lowered(Function::stddev_pop, {7}), 0);
}

TEST(Lowering, VarianceOfIntegersIsExactWhereDoublesWouldCancel) {
  expect_real(lowered(Function::variance, {most - 2, most - 1, most}), 1);
  expect_real(lowered(Function::variance_pop, {least, least + 2}), 1);
  expect_real(lowered(Function::stddev, {most - 4, most}), std::sqrt(8.0));
}

TEST(Lowering, VarianceOfTheWidestSpreadIsExact) {
  // ((2^64 - 1) / 2)^2, rounded to the nearest double.
  expect_real(lowered(Function::variance_pop, {least, most}), 0x1p126);
}

TEST(Lowering, ComparesDoublesByValue) {
  expect_real(lowered_doubles(Function::min, {1.5, -2.5, 0.0}), -2.5);
  expect_real(lowered_doubles(Function::max, {-1.5, -2.5, -0.25}), -0.25);
}

TEST(Lowering, SumsAndAveragesDoubles) {
  expect_real(lowered_doubles(Function::sum, {0.5, 0.25, -1}), -0.25);
  expect_real(lowered_doubles(Function::avg, {0.5, 1.5}), 1);
}

TEST(Lowering, NeverGivesNegativeZero) {
  const ResultValue average = lowered_doubles(Function::avg, {-5e-324, 0, 0});
  EXPECT_EQ(average.real, 0);
  EXPECT_FALSE(std::signbit(average.real));
}

TEST(Lowering, DoubleSumThatOverflowsIsNullButNotMarked) {
  const double huge = std::numeric_limits<double>::max();
  expect_null(lowered_doubles(Function::sum, {huge, huge}));
  expect_null(lowered_doubles(Function::avg, {huge, huge}));
  expect_null(lowered_doubles(Function::variance, {huge, -huge}));
}

TEST(Lowering, PassesNonFiniteResultsOnWhereTheJobAllowsThem) {
  Job job = job_of({Function::sum, Function::max}, ValueType::float64);
  job.format.allow_non_finite = true;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<ResultValue> values = lowered(job, doubles({1, infinity}));
  expect_real(values[0], infinity);
  expect_real(values[1], infinity);
}

TEST(Lowering, VarianceOfDoublesDoesNotDependOnTheShift) {
  const std::vector<double> inputs{1e9 + 1, 1e9 + 2, 1e9 + 3};
  expect_real(lowered_doubles(Function::variance, inputs, 1e9 + 1), 1);
  expect_real(lowered_doubles(Function::variance_pop, {2, 4}, 0), 1);
}

TEST(Lowering, VarianceOfDoublesThatOverflowsIsNull) {
  expect_null(lowered_doubles(Function::variance, {1e200, -1e200}));
  expect_null(lowered_doubles(Function::stddev_pop, {1e308, -1e308, 1e308}));
}

TEST(Lowering, VarianceOfEqualDoublesIsZero) {
  expect_real(lowered_doubles(Function::variance, {0.1, 0.1, 0.1}, 0.1), 0);
}

TEST(LayoutOf, NeedsNoNullsOfARequiredValue) {
  Job job = job_of({Function::sum}, ValueType::int64);
  const std::uint32_t with_nulls = layout_of(job).count;
  job.format.values[0].required = true;
  EXPECT_EQ(layout_of(job).count, with_nulls - 1);
}

TEST(LayoutOf, SharesAccumulatorsBetweenAggregates) {
  const Job job = job_of({Function::sum, Function::avg, Function::variance, Function::stddev_pop},
                         ValueType::int64);
  EXPECT_EQ(layout_of(job).count, 3u) << "nulls, sum, sum of squares";
}

TEST(LayoutOf, IsInvertibleForCountsAndIntegerSumsOnly) {
  EXPECT_TRUE(layout_of(job_of({Function::count, Function::sum, Function::avg, Function::stddev},
                               ValueType::decimal, 2))
                  .invertible);
  EXPECT_FALSE(layout_of(job_of({Function::min}, ValueType::int64)).invertible);
  EXPECT_FALSE(layout_of(job_of({Function::sum}, ValueType::float64)).invertible);
  EXPECT_TRUE(layout_of(job_of({Function::count}, ValueType::float64)).invertible);
}

}  // namespace
}  // namespace sluice
