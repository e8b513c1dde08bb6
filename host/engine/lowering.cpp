#include "host/engine/lowering.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/engine/exact_ratio.hpp"
#include "kernels/row_layout.hpp"

namespace sluice {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;

bool is_variance(AggregateFunction function) { return function >= AggregateFunction::stddev; }

bool is_sample(AggregateFunction function) {
  return function == AggregateFunction::stddev || function == AggregateFunction::variance;
}

AccumulatorNeed sum_need(const Aggregate& aggregate, bool is_double) {
  const AccumulatorKind kind = !is_double                        ? AccumulatorKind::sum_integer
                               : is_variance(aggregate.function) ? AccumulatorKind::sum_shifted
                                                                 : AccumulatorKind::sum_double;
  return {kind, *aggregate.value, is_double};
}

AccumulatorNeed squares_need(const Aggregate& aggregate, bool is_double) {
  return {is_double ? AccumulatorKind::sum_squares_shifted : AccumulatorKind::sum_squares_integer,
          *aggregate.value, is_double};
}

AccumulatorNeed extreme_need(const Aggregate& aggregate, bool is_double) {
  return {aggregate.function == AggregateFunction::min ? AccumulatorKind::minimum
                                                       : AccumulatorKind::maximum,
          *aggregate.value, is_double};
}

bool needs_sum(AggregateFunction function) {
  return function == AggregateFunction::sum || function == AggregateFunction::avg ||
         is_variance(function);
}

bool needs_extreme(AggregateFunction function) {
  return function == AggregateFunction::min || function == AggregateFunction::max;
}

std::int64_t power_of_ten(unsigned exponent) {
  std::int64_t power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

ResultValue real(double value) {
  return {.kind = ResultValue::Kind::real, .real = value == 0 ? 0 : value};
}

}  // namespace

RowLayout layout_of(const Job& job) {
  std::vector<AccumulatorNeed> needs;
  for (const Aggregate& aggregate : job.aggregates) {
    if (!aggregate.value) continue;
    const ValueField& field = job.format.values[*aggregate.value];
    const bool is_double = field.type == ValueType::float64;
    if (!field.required) needs.push_back({AccumulatorKind::nulls, *aggregate.value, false});
    if (needs_sum(aggregate.function)) needs.push_back(sum_need(aggregate, is_double));
    if (is_variance(aggregate.function)) needs.push_back(squares_need(aggregate, is_double));
    if (needs_extreme(aggregate.function)) needs.push_back(extreme_need(aggregate, is_double));
  }
  return lay_out_row(needs);
}

Lowering::Lowering(const Job& job, const RowLayout& layout)
    : layout_(layout), allow_non_finite_(job.format.allow_non_finite) {
  for (const Aggregate& aggregate : job.aggregates) {
    Plan plan{.function = aggregate.function};
    if (aggregate.value) {
      const ValueField& field = job.format.values[*aggregate.value];
      plan.value = *aggregate.value;
      plan.is_double = field.type == ValueType::float64;
      plan.scale = field.type == ValueType::decimal ? static_cast<std::uint8_t>(field.scale)
                                                    : std::uint8_t{0};
      plan.nulls = find_accumulator(layout_, {AccumulatorKind::nulls, plan.value, false});
      if (needs_sum(plan.function)) {
        plan.sum = find_accumulator(layout_, sum_need(aggregate, plan.is_double));
      }
      if (is_variance(plan.function)) {
        plan.squares = find_accumulator(layout_, squares_need(aggregate, plan.is_double));
      }
      if (needs_extreme(plan.function)) {
        plan.extreme = find_accumulator(layout_, extreme_need(aggregate, plan.is_double));
      }
    }
    plans_.push_back(plan);
  }
}

unsigned Lowering::lower(const std::uint64_t* words, std::vector<ResultValue>& values) const {
  unsigned overflows = 0;
  for (const Plan& plan : plans_) {
    values.push_back(lower_one(plan, words));
    overflows += values.back().overflow ? 1u : 0u;
  }
  return overflows;
}

ResultValue Lowering::lower_one(const Plan& plan, const std::uint64_t* words) const {
  const std::uint64_t* cold = words + layout_.hot_words;
  const auto count =
      static_cast<std::int64_t>(words[0] - (plan.nulls != nullptr ? cold[plan.nulls->cold] : 0));
  if (plan.function == AggregateFunction::count) {
    return {.kind = ResultValue::Kind::integer, .integer = count};
  }
  if (count == 0) return {};
  if (is_variance(plan.function)) {
    return count == 1 && is_sample(plan.function) ? ResultValue{}
                                                  : lower_variance(plan, words, count);
  }
  const ResultValue::Kind exact_kind =
      plan.scale != 0 ? ResultValue::Kind::decimal : ResultValue::Kind::integer;
  if (plan.extreme != nullptr) {
    const auto image = static_cast<std::int64_t>(words[plan.extreme->hot]);
    if (plan.is_double) return real(std::bit_cast<double>(ordered_image(image)));
    return {.kind = exact_kind, .scale = plan.scale, .integer = image};
  }
  if (plan.is_double) {
    const double sum = std::bit_cast<double>(words[plan.sum->hot]);
    if (!std::isfinite(sum) && !allow_non_finite_) return {};
    return real(plan.function == AggregateFunction::avg ? sum / static_cast<double>(count) : sum);
  }
  const auto sum = static_cast<std::int64_t>(words[plan.sum->hot]);
  const auto overflow = static_cast<std::int64_t>(cold[plan.sum->cold]);
  if (plan.function == AggregateFunction::sum) {
    if (overflow != 0) return {.overflow = true};
    return {.kind = exact_kind, .scale = plan.scale, .integer = sum};
  }
  const std::int64_t unit = power_of_ten(plan.scale);
  if (overflow == 0 && sum > -exact_in_double && sum < exact_in_double &&
      count <= exact_in_double / unit) {
    return real(static_cast<double>(sum) / static_cast<double>(count * unit));
  }
  return real(exact_ratio((WideInteger(overflow) << 64) + sum, WideInteger(count) * unit));
}

ResultValue Lowering::lower_variance(const Plan& plan, const std::uint64_t* words,
                                     std::int64_t count) const {
  const bool sample = is_sample(plan.function);
  const bool deviation =
      plan.function == AggregateFunction::stddev || plan.function == AggregateFunction::stddev_pop;
  double variance = 0;
  if (plan.is_double) {
    const double sum = std::bit_cast<double>(words[plan.sum->hot]);
    const double squares = std::bit_cast<double>(words[plan.squares->hot]);
    const auto n = static_cast<double>(count);
    const double distances = squares - sum * sum / n;
    if (!std::isfinite(distances) && !allow_non_finite_) return {};
    variance = (distances < 0 ? 0 : distances) / (sample ? n - 1 : n);
  } else {
    const std::uint64_t* cold = words + layout_.hot_words;
    const WideInteger sum = (WideInteger(static_cast<std::int64_t>(cold[plan.sum->cold])) << 64) +
                            static_cast<std::int64_t>(words[plan.sum->hot]);
    const WideInteger squares = (WideInteger(cold[plan.squares->cold]) << 128) +
                                (WideInteger(words[plan.squares->hot + 1u]) << 64) +
                                words[plan.squares->hot];
    const WideInteger unit = power_of_ten(plan.scale);
    variance = exact_ratio(squares * count - sum * sum,
                           WideInteger(count) * (sample ? count - 1 : count) * unit * unit);
  }
  return real(deviation ? std::sqrt(variance) : variance);
}

}  // namespace sluice
