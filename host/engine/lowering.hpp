#pragma once

#include <cstdint>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/window_result.hpp"
#include "kernels/accumulator.hpp"

namespace sluice {

/// Makes published values of a row's accumulators: the `lower` of the algebra.
///
/// Integer and decimal sums, averages and variances are exact until one rounding at the end; an
/// exact sum outside int64 is null and marked. Variance of doubles comes from sums shifted by c:
/// |error| <= 8 n u sum((x - c)^2) / (n - 1), u = 2^-53.
class Lowering {
 public:
  Lowering(const Job& job, const RowLayout& layout);

  /// Appends one value per aggregate. @param words a row as in WindowRows. @returns how
  /// many sums overflowed.
  unsigned lower(const std::uint64_t* words, std::vector<ResultValue>& values) const;

 private:
  struct Plan {
    AggregateFunction function;
    bool is_double = false;
    std::uint8_t value = 0;
    std::uint8_t scale = 0;
    const AccumulatorSpec* nulls = nullptr;
    const AccumulatorSpec* sum = nullptr;  ///< of integers, of doubles or shifted
    const AccumulatorSpec* squares = nullptr;
    const AccumulatorSpec* extreme = nullptr;
  };
  ResultValue lower_one(const Plan& plan, const std::uint64_t* words) const;
  ResultValue lower_variance(const Plan& plan, const std::uint64_t* words,
                             std::int64_t count) const;

  RowLayout layout_;
  std::vector<Plan> plans_;
  bool allow_non_finite_;
};

/// Accumulators that a job's aggregates need.
RowLayout layout_of(const Job& job);

}  // namespace sluice
