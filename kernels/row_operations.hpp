#pragma once

#include "kernels/accumulator.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/hd.hpp"

namespace sluice {

/// The words of a row, changed by one thread at a time. The CUDA backend has a twin whose
/// operations are atomic (cuda/atomic_words.cuh): same members, same meaning.
struct PlainWords {
  SLUICE_HD static std::int64_t add(std::uint64_t* word, std::int64_t value) noexcept {
    const auto old = static_cast<std::int64_t>(*word);
    *word += static_cast<std::uint64_t>(value);
    return old;
  }
  SLUICE_HD static void add_double(std::uint64_t* word, double value) noexcept {
    double sum;
    __builtin_memcpy(&sum, word, sizeof sum);
    sum += value;
    __builtin_memcpy(word, &sum, sizeof sum);
  }
  SLUICE_HD static void minimum(std::uint64_t* word, std::int64_t value) noexcept {
    if (value < static_cast<std::int64_t>(*word)) *word = static_cast<std::uint64_t>(value);
  }
  SLUICE_HD static void maximum(std::uint64_t* word, std::int64_t value) noexcept {
    if (value > static_cast<std::int64_t>(*word)) *word = static_cast<std::uint64_t>(value);
  }
};

/// 128-bit product of a 64-bit magnitude with itself.
struct Square {
  std::uint64_t low;
  std::uint64_t high;
};

SLUICE_HD constexpr Square square(std::int64_t value) noexcept {
  const std::uint64_t magnitude =
      value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  const std::uint64_t a = magnitude >> 32;
  const std::uint64_t b = magnitude & 0xffff'ffffu;
  const std::uint64_t cross = a * b;
  const std::uint64_t low = b * b + (cross << 33);
  const std::uint64_t carry = low < (cross << 33) ? 1u : 0u;
  return {low, a * a + (cross >> 31) + carry};
}

static_assert(square(-3).low == 9 && square(-3).high == 0);
static_assert(square(minimum_identity).high == 0x3fff'ffff'ffff'ffffu);
static_assert(square(maximum_identity).high == 0x4000'0000'0000'0000u);

/// Adds an exact sum (sum + overflow * 2^64) to a hot and a cold word.
template <class Words>
SLUICE_HD void add_sum(std::uint64_t* hot, std::uint64_t* cold, std::int64_t sum,
                       std::int64_t overflow) noexcept {
  const std::int64_t old = Words::add(hot, sum);
  const std::int64_t carried = overflow + wrapping_add(old, sum).overflow;
  if (carried != 0) Words::add(cold, carried);
}

/// Adds a 192-bit number to two hot words and a cold one.
template <class Words>
SLUICE_HD void add_squares(std::uint64_t* hot, std::uint64_t* cold, std::uint64_t low,
                           std::uint64_t middle, std::uint64_t high) noexcept {
  const auto old_low = static_cast<std::uint64_t>(Words::add(hot, static_cast<std::int64_t>(low)));
  const std::uint64_t carry = old_low + low < low ? 1u : 0u;
  const std::uint64_t addend = middle + carry;
  if (addend == 0 && carry != 0) {
    ++high;
  } else if (addend != 0) {
    const auto old =
        static_cast<std::uint64_t>(Words::add(hot + 1, static_cast<std::int64_t>(addend)));
    if (old + addend < addend) ++high;
  }
  if (high != 0) Words::add(cold, static_cast<std::int64_t>(high));
}

/// The value of event `i` in `column`, as the bits of a double.
SLUICE_HD inline double double_of(std::int64_t bits) noexcept {
  double value;
  static_assert(sizeof value == sizeof bits);
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// Lifts event `i` into a row. `shifts` [value_count] are the job's shifts for double sums.
template <class Words>
SLUICE_HD void lift_event(const RowLayout& layout, RowRef row, const EventColumns& events,
                          const double* shifts, std::size_t i) noexcept {
  Words::add(row.hot, 1);
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    const ValueColumn& column = events.values[spec.value];
    const bool present = column.valid == nullptr || column.valid[i] != 0;
    if (spec.kind == AccumulatorKind::nulls) {
      if (!present) Words::add(row.cold + spec.cold, 1);
      continue;
    }
    if (!present) continue;
    const std::int64_t bits = column[i];
    switch (spec.kind) {
      case AccumulatorKind::sum_integer:
        add_sum<Words>(row.hot + spec.hot, row.cold + spec.cold, bits, 0);
        break;
      case AccumulatorKind::sum_squares_integer: {
        const Square squared = square(bits);
        add_squares<Words>(row.hot + spec.hot, row.cold + spec.cold, squared.low, squared.high, 0);
        break;
      }
      case AccumulatorKind::sum_double:
        Words::add_double(row.hot + spec.hot, double_of(bits));
        break;
      case AccumulatorKind::sum_shifted:
        Words::add_double(row.hot + spec.hot, double_of(bits) - shifts[spec.value]);
        break;
      case AccumulatorKind::sum_squares_shifted: {
        const double distance = double_of(bits) - shifts[spec.value];
        Words::add_double(row.hot + spec.hot, distance * distance);
        break;
      }
      case AccumulatorKind::minimum:
        Words::minimum(row.hot + spec.hot, spec.is_double ? ordered_image(bits) : bits);
        break;
      case AccumulatorKind::maximum:
        Words::maximum(row.hot + spec.hot, spec.is_double ? ordered_image(bits) : bits);
        break;
      case AccumulatorKind::nulls:
        break;
    }
  }
}

/// Adds one accumulator to another. The pointers are to its own words.
template <class Words>
SLUICE_HD void combine_accumulator(AccumulatorKind kind, std::uint64_t* hot, std::uint64_t* cold,
                                   const std::uint64_t* from,
                                   const std::uint64_t* from_cold) noexcept {
  switch (kind) {
    case AccumulatorKind::nulls:
      if (*from_cold != 0) Words::add(cold, static_cast<std::int64_t>(*from_cold));
      break;
    case AccumulatorKind::sum_integer:
      add_sum<Words>(hot, cold, static_cast<std::int64_t>(*from),
                     static_cast<std::int64_t>(*from_cold));
      break;
    case AccumulatorKind::sum_squares_integer:
      add_squares<Words>(hot, cold, from[0], from[1], *from_cold);
      break;
    case AccumulatorKind::sum_double:
    case AccumulatorKind::sum_shifted:
    case AccumulatorKind::sum_squares_shifted:
      Words::add_double(hot, double_of(static_cast<std::int64_t>(*from)));
      break;
    case AccumulatorKind::minimum:
      Words::minimum(hot, static_cast<std::int64_t>(*from));
      break;
    case AccumulatorKind::maximum:
      Words::maximum(hot, static_cast<std::int64_t>(*from));
      break;
  }
}

/// target <- target + source.
template <class Words>
SLUICE_HD void combine_row(const RowLayout& layout, RowRef target, RowRef source) noexcept {
  Words::add(target.hot, static_cast<std::int64_t>(source.hot[0]));
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    combine_accumulator<Words>(spec.kind, target.hot + spec.hot, target.cold + spec.cold,
                               source.hot + spec.hot, source.cold + spec.cold);
  }
}

/// Takes one accumulator off another, where the kind has an inverse.
SLUICE_HD inline void remove_accumulator(AccumulatorKind kind, std::uint64_t* hot,
                                         std::uint64_t* cold, const std::uint64_t* from,
                                         const std::uint64_t* from_cold) noexcept {
  if (kind == AccumulatorKind::nulls) {
    *cold -= *from_cold;
  } else if (kind == AccumulatorKind::sum_integer) {
    const WrappedSum difference =
        wrapping_subtract(static_cast<std::int64_t>(*hot), static_cast<std::int64_t>(*from));
    *hot = static_cast<std::uint64_t>(difference.sum);
    *cold += static_cast<std::uint64_t>(difference.overflow) - *from_cold;
  } else if (kind == AccumulatorKind::sum_squares_integer) {
    const std::uint64_t borrow = hot[0] < from[0] ? 1u : 0u;
    hot[0] -= from[0];
    const std::uint64_t borrow_high = hot[1] < from[1] || (hot[1] == from[1] && borrow) ? 1u : 0u;
    hot[1] -= from[1] + borrow;
    *cold -= *from_cold + borrow_high;
  }
}

/// target <- target - source, for invertible layouts. `source` was combined into `target` before.
SLUICE_HD inline void remove_row(const RowLayout& layout, RowRef target, RowRef source) noexcept {
  target.hot[0] -= source.hot[0];
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    remove_accumulator(spec.kind, target.hot + spec.hot, target.cold + spec.cold,
                       source.hot + spec.hot, source.cold + spec.cold);
  }
}

/// Writes the identity into a row.
SLUICE_HD inline void reset_row(const RowLayout& layout, RowRef row) noexcept {
  for (std::uint32_t w = 0; w < layout.hot_words; ++w) row.hot[w] = 0;
  for (std::uint32_t w = 0; w < layout.cold_words; ++w) row.cold[w] = 0;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (spec.kind == AccumulatorKind::minimum || spec.kind == AccumulatorKind::maximum) {
      row.hot[spec.hot] = identity_word(spec);
    }
  }
}

}  // namespace sluice
