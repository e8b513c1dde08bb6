#include "host/engine/lowering.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/engine/exact_ratio.hpp"
#include "kernels/row_layout.hpp"
#include "kernels/sealed_rows.hpp"

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

/// -0 is published as 0.
double published(double value) { return value == 0 ? 0 : value; }

ResultValue real(double value) {
  return {.kind = ResultValue::Kind::real, .real = published(value)};
}

/// One word of a piece's rows.
struct Words {
  const std::uint64_t* first;
  std::size_t stride;
  std::uint64_t operator[](std::size_t row) const { return first[row * stride]; }
};

Words hot_words(const RowPiece& piece, std::size_t word) {
  return {piece.hot + word * piece.word_stride, piece.row_stride};
}

/// Calls change(row) for each row and keeps its result as the row's bits.
template <class Change>
void each_row(const RowPiece& piece, std::uint64_t* bits, const Change& change) {
  for (std::size_t row = 0; row < piece.count; ++row) bits[row] = change(row);
}

void copy_words(const RowPiece& piece, Words from, std::uint64_t* bits) {
  if (from.stride == 1) {
    std::copy_n(from.first, piece.count, bits);
  } else {
    each_row(piece, bits, [&](std::size_t row) { return from[row]; });
  }
}

/// Averages of exact sums that did not overflow. @returns whether all of them round once: sum and
/// divisor are exact as doubles.
bool average_integers(const RowPiece& piece, Words counts, Words sums, std::int64_t unit,
                      std::uint64_t* bits) {
  const std::int64_t most_events = exact_in_double / unit;
  bool exact = true;
  each_row(piece, bits, [&](std::size_t row) {
    const auto count = static_cast<std::int64_t>(counts[row]);
    const auto sum = static_cast<std::int64_t>(sums[row]);
    exact &= sum > -exact_in_double && sum < exact_in_double && count <= most_events;
    return std::bit_cast<std::uint64_t>(static_cast<double>(sum) /
                                        static_cast<double>(count * unit));
  });
  return exact;
}

}  // namespace

/// A row in one place: the general way of lowering.
struct Lowering::Row {
  Row(const RowPiece& piece, const RowLayout& layout, std::size_t row)
      : hot_words(layout.hot_words) {
    for (std::uint32_t w = 0; w < layout.hot_words; ++w) {
      words[w] = piece.hot[w * piece.word_stride + row * piece.row_stride];
    }
    for (std::uint32_t w = 0; w < layout.cold_words; ++w) {
      words[hot_words + w] =
          piece.cold == nullptr ? 0 : piece.cold[w * piece.word_stride + row * piece.row_stride];
    }
  }
  std::uint64_t hot(std::size_t word) const { return words[word]; }
  std::uint64_t cold(std::size_t word) const { return words[hot_words + word]; }

  std::uint32_t hot_words;
  std::uint64_t words[max_row_words];
};

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
      plan.unit = power_of_ten(plan.scale);
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

ResultValue::Kind Lowering::kind_of(const Plan& plan) const noexcept {
  switch (plan.function) {
    case AggregateFunction::count:
      return ResultValue::Kind::integer;
    case AggregateFunction::sum:
    case AggregateFunction::min:
    case AggregateFunction::max:
      if (plan.is_double) return ResultValue::Kind::real;
      return plan.scale != 0 ? ResultValue::Kind::decimal : ResultValue::Kind::integer;
    default:
      return ResultValue::Kind::real;
  }
}

ResultColumn Lowering::column_of(std::size_t aggregate) const {
  const ResultValue::Kind kind = kind_of(plans_[aggregate]);
  const bool scaled = kind == ResultValue::Kind::decimal;
  return {.kind = kind, .scale = scaled ? plans_[aggregate].scale : std::uint8_t{0}};
}

bool Lowering::lower(std::size_t aggregate, const RowPiece& piece, std::uint64_t* bits,
                     ResultMark* marks) const {
  const Plan& plan = plans_[aggregate];
  std::fill_n(marks, piece.count, ResultMark::none);
  // No cold word is set: no value is null, no sum has overflowed.
  if (piece.cold == nullptr && lower_plain(plan, piece, bits)) return false;
  bool marked = false;
  for (std::size_t r = 0; r < piece.count; ++r) {
    const ResultValue value = lower_row(plan, Row(piece, layout_, r));
    bits[r] = value.kind == ResultValue::Kind::real ? std::bit_cast<std::uint64_t>(value.real)
                                                    : static_cast<std::uint64_t>(value.integer);
    if (value.kind != ResultValue::Kind::null) continue;
    marks[r] = value.overflow ? ResultMark::overflow : ResultMark::null;
    marked = true;
  }
  return marked;
}

bool Lowering::lower_plain(const Plan& plan, const RowPiece& piece, std::uint64_t* bits) const {
  if (plan.function == AggregateFunction::count) {
    copy_words(piece, hot_words(piece, 0), bits);
    return true;
  }
  if (is_variance(plan.function)) return false;
  if (plan.extreme != nullptr) {
    const Words images = hot_words(piece, plan.extreme->hot);
    if (!plan.is_double) {
      copy_words(piece, images, bits);
      return true;
    }
    each_row(piece, bits, [&](std::size_t row) {
      const std::int64_t value = ordered_image(static_cast<std::int64_t>(images[row]));
      return std::bit_cast<std::uint64_t>(published(std::bit_cast<double>(value)));
    });
    return true;
  }
  const Words sums = hot_words(piece, plan.sum->hot);
  const bool average = plan.function == AggregateFunction::avg;
  if (!plan.is_double && average) {
    return average_integers(piece, hot_words(piece, 0), sums, plan.unit, bits);
  }
  if (!plan.is_double) {
    copy_words(piece, sums, bits);
    return true;
  }
  const Words counts = hot_words(piece, 0);
  bool finite = true;
  each_row(piece, bits, [&](std::size_t row) {
    const double sum = std::bit_cast<double>(sums[row]);
    finite &= std::isfinite(sum);
    return std::bit_cast<std::uint64_t>(published(
        average ? sum / static_cast<double>(static_cast<std::int64_t>(counts[row])) : sum));
  });
  return finite || allow_non_finite_;
}

ResultValue Lowering::lower_row(const Plan& plan, const Row& row) const {
  const auto count = static_cast<std::int64_t>(
      row.hot(0) - (plan.nulls != nullptr ? row.cold(plan.nulls->cold) : 0));
  if (plan.function == AggregateFunction::count) {
    return {.kind = ResultValue::Kind::integer, .integer = count};
  }
  if (count == 0) return {};
  if (is_variance(plan.function)) {
    return count == 1 && is_sample(plan.function) ? ResultValue{}
                                                  : lower_variance(plan, row, count);
  }
  if (plan.extreme != nullptr) {
    const auto image = static_cast<std::int64_t>(row.hot(plan.extreme->hot));
    if (plan.is_double) return real(std::bit_cast<double>(ordered_image(image)));
    return {.kind = kind_of(plan), .scale = plan.scale, .integer = image};
  }
  if (plan.is_double) {
    const double sum = std::bit_cast<double>(row.hot(plan.sum->hot));
    if (!std::isfinite(sum) && !allow_non_finite_) return {};
    return real(plan.function == AggregateFunction::avg ? sum / static_cast<double>(count) : sum);
  }
  const auto sum = static_cast<std::int64_t>(row.hot(plan.sum->hot));
  const auto overflow = static_cast<std::int64_t>(row.cold(plan.sum->cold));
  if (plan.function == AggregateFunction::sum) {
    if (overflow != 0) return {.overflow = true};
    return {.kind = kind_of(plan), .scale = plan.scale, .integer = sum};
  }
  if (overflow == 0 && sum > -exact_in_double && sum < exact_in_double &&
      count <= exact_in_double / plan.unit) {
    return real(static_cast<double>(sum) / static_cast<double>(count * plan.unit));
  }
  return real(exact_ratio((WideInteger(overflow) << 64) + sum, WideInteger(count) * plan.unit));
}

ResultValue Lowering::lower_variance(const Plan& plan, const Row& row, std::int64_t count) const {
  const bool sample = is_sample(plan.function);
  const bool deviation =
      plan.function == AggregateFunction::stddev || plan.function == AggregateFunction::stddev_pop;
  double variance = 0;
  if (plan.is_double) {
    const double sum = std::bit_cast<double>(row.hot(plan.sum->hot));
    const double squares = std::bit_cast<double>(row.hot(plan.squares->hot));
    const auto n = static_cast<double>(count);
    const double distances = squares - sum * sum / n;
    if (!std::isfinite(distances) && !allow_non_finite_) return {};
    variance = (distances < 0 ? 0 : distances) / (sample ? n - 1 : n);
  } else {
    const WideInteger sum =
        (WideInteger(static_cast<std::int64_t>(row.cold(plan.sum->cold))) << 64) +
        static_cast<std::int64_t>(row.hot(plan.sum->hot));
    const WideInteger squares = (WideInteger(row.cold(plan.squares->cold)) << 128) +
                                (WideInteger(row.hot(plan.squares->hot + 1u)) << 64) +
                                row.hot(plan.squares->hot);
    const WideInteger unit = plan.unit;
    variance = exact_ratio(squares * count - sum * sum,
                           WideInteger(count) * (sample ? count - 1 : count) * unit * unit);
  }
  return real(deviation ? std::sqrt(variance) : variance);
}

}  // namespace sluice
