#include "tests/support/expected_value.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/exact_ratio.hpp"

namespace sluice::oracle {
namespace {

constexpr long double unit_roundoff = 0x1p-53L;
constexpr long double largest_double = std::numeric_limits<double>::max();

bool is_deviation(Function function) {
  return function == Function::stddev || function == Function::stddev_pop;
}

bool is_sample(Function function) {
  return function == Function::variance || function == Function::stddev;
}

template <typename T>
std::vector<T> values_of(const std::vector<const Event*>& events, std::size_t column) {
  std::vector<T> values;
  for (const Event* event : events) {
    if (const auto& value = event->values.at(column)) {
      values.push_back(std::get<T>(*value));
    }
  }
  return values;
}

Natural power_of_ten(int exponent) {
  Natural power(1);
  for (int i = 0; i < exponent; ++i) {
    power = power * Natural(10);
  }
  return power;
}

Natural magnitude(__int128 value) {
  const auto bits = static_cast<unsigned __int128>(value);
  return Natural(value < 0 ? ~bits + 1 : bits);
}

__int128 exact_sum(const std::vector<std::int64_t>& values) {
  __int128 sum = 0;
  for (const std::int64_t value : values) {
    sum += value;
  }
  return sum;
}

Natural sum_of_squares(const std::vector<std::int64_t>& values) {
  unsigned __int128 low = 0;
  unsigned __int128 high = 0;
  for (const std::int64_t value : values) {
    const auto square = static_cast<unsigned __int128>(static_cast<__int128>(value) * value);
    low += static_cast<std::uint64_t>(square);
    high += square >> 64;
  }
  return (Natural(high) << 64) + Natural(low);
}

Expected exact_sum_result(const std::vector<std::int64_t>& values) {
  const __int128 sum = exact_sum(values);
  if (sum < std::numeric_limits<std::int64_t>::min() ||
      sum > std::numeric_limits<std::int64_t>::max()) {
    return {.overflow = true};
  }
  return {.value = static_cast<std::int64_t>(sum)};
}

Expected exact_average(const std::vector<std::int64_t>& values, int scale) {
  const __int128 sum = exact_sum(values);
  const double size = nearest_double(magnitude(sum), Natural(values.size()) * power_of_ten(scale));
  return {.value = static_cast<long double>(sum < 0 ? -size : size)};
}

// Variance is (n sum(x^2) - sum(x)^2) / (n n), or n (n - 1) for a sample.
Expected exact_variance(Function function, const std::vector<std::int64_t>& values, int scale) {
  const Natural count(values.size());
  const Natural freedom(values.size() - (is_sample(function) ? 1 : 0));
  if (freedom.is_zero()) {
    return {};
  }
  const Natural sum = magnitude(exact_sum(values));
  const double variance = nearest_double(count * sum_of_squares(values) - sum * sum,
                                         count * freedom * power_of_ten(2 * scale));
  if (!is_deviation(function)) {
    return {.value = static_cast<long double>(variance)};
  }
  const long double deviation = std::sqrt(variance);
  return {.value = deviation, .tolerance = 2 * unit_roundoff * deviation};
}

Expected of_integers(Function function, const std::vector<std::int64_t>& values, int scale) {
  if (values.empty()) {
    return {};
  }
  switch (function) {
    case Function::sum:
      return exact_sum_result(values);
    case Function::min:
      return {.value = *std::min_element(values.begin(), values.end())};
    case Function::max:
      return {.value = *std::max_element(values.begin(), values.end())};
    case Function::avg:
      return exact_average(values, scale);
    default:
      return exact_variance(function, values, scale);
  }
}

// Neumaier's compensated sum: with 64 bits of mantissa its error is far below the bounds.
class CompensatedSum {
 public:
  void add(long double term) {
    const long double next = sum_ + term;
    compensation_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  long double value() const { return sum_ + compensation_; }

 private:
  long double sum_ = 0;
  long double compensation_ = 0;
};

struct RealSums {
  long double count = 0;
  long double sum = 0;
  long double sum_of_magnitudes = 0;
};

RealSums sums_of(const std::vector<double>& values) {
  CompensatedSum sum;
  CompensatedSum magnitudes;
  for (const double value : values) {
    sum.add(value);
    magnitudes.add(std::abs(value));
  }
  return {.count = static_cast<long double>(values.size()),
          .sum = sum.value(),
          .sum_of_magnitudes = magnitudes.value()};
}

Expected real_sum(const RealSums& sums) {
  if (sums.count == 1) {
    return {.value = sums.sum};
  }
  const long double tolerance = sums.count * unit_roundoff * sums.sum_of_magnitudes;
  if (std::abs(sums.sum) - tolerance > largest_double * (1 + unit_roundoff)) {
    return {};
  }
  return {.value = sums.sum,
          .tolerance = tolerance,
          .or_null = sums.sum_of_magnitudes + tolerance > largest_double};
}

Expected real_average(const RealSums& sums) {
  const long double average = sums.sum / sums.count;
  return {.value = average,
          .tolerance =
              sums.count == 1 ? 0 : unit_roundoff * (sums.sum_of_magnitudes + std::abs(average)),
          .or_null = sums.sum_of_magnitudes > largest_double};
}

Expected real_variance(Function function, const std::vector<double>& values, const RealSums& sums,
                       long double range) {
  const long double freedom = sums.count - (is_sample(function) ? 1 : 0);
  if (freedom == 0) {
    return {};
  }
  if (sums.count == 1) {
    return {.value = 0.0L};
  }
  const long double mean = sums.sum / sums.count;
  CompensatedSum squares;
  CompensatedSum deviations;
  for (const double value : values) {
    squares.add((value - mean) * (value - mean));
    deviations.add(value - mean);
  }
  // The second term is 0 but for the rounding of the mean, which it takes out.
  const long double exact = squares.value() - deviations.value() * deviations.value() / sums.count;
  const long double variance = std::max(0.0L, exact) / freedom;
  const long double largest_square_sum = sums.count * range * range;
  const long double error = 8 * (sums.count + 3) * unit_roundoff * largest_square_sum / freedom +
                            2 * unit_roundoff * variance;
  const bool or_null = sums.count * largest_square_sum > largest_double;
  if (!is_deviation(function)) {
    return {.value = variance, .tolerance = error, .or_null = or_null};
  }
  const long double deviation = std::sqrt(variance);
  const long double spread = variance > error ? error / deviation : std::sqrt(error);
  return {
      .value = deviation, .tolerance = spread + 2 * unit_roundoff * deviation, .or_null = or_null};
}

Expected of_reals(Function function, const std::vector<double>& values, long double range) {
  if (values.empty()) {
    return {};
  }
  const RealSums sums = sums_of(values);
  switch (function) {
    case Function::sum:
      return real_sum(sums);
    case Function::min:
      return {.value = static_cast<long double>(*std::min_element(values.begin(), values.end()))};
    case Function::max:
      return {.value = static_cast<long double>(*std::max_element(values.begin(), values.end()))};
    case Function::avg:
      return real_average(sums);
    default:
      return real_variance(function, values, sums, range);
  }
}

std::size_t count_of(const Aggregate& aggregate, const std::vector<const Event*>& events) {
  if (!aggregate.column) {
    return events.size();
  }
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(),
      [&](const Event* event) { return event->values.at(*aggregate.column).has_value(); }));
}

}  // namespace

Expected expected_value(const Job& job, const Aggregate& aggregate,
                        const std::vector<const Event*>& events, long double range) {
  if (aggregate.function == Function::count) {
    return {.value = static_cast<std::int64_t>(count_of(aggregate, events))};
  }
  const std::size_t index = aggregate.column.value();
  const Column& column = job.columns.at(index);
  if (column.type == ValueType::real) {
    return of_reals(aggregate.function, values_of<double>(events, index), range);
  }
  return of_integers(aggregate.function, values_of<std::int64_t>(events, index), column.scale);
}

}  // namespace sluice::oracle
