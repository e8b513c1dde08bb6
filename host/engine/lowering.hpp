#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/window_result.hpp"
#include "kernels/accumulator.hpp"
#include "kernels/window_rows.hpp"

namespace sluice {

/// Makes published values of rows' accumulators: the `lower` of the algebra, one aggregate of many
/// rows at a time.
///
/// Integer and decimal sums, averages and variances are exact until one rounding at the end; an
/// exact sum outside int64 is null and marked. Variance of doubles comes from sums shifted by c:
/// |error| <= 8 n u sum((x - c)^2) / (n - 1), u = 2^-53.
class Lowering {
 public:
  Lowering(const Job& job, const RowLayout& layout);

  std::size_t aggregates() const noexcept { return plans_.size(); }
  /// Kind and scale of an aggregate's values.
  ResultColumn column_of(std::size_t aggregate) const;

  /// Writes an aggregate's values of a piece's rows. @param bits, marks [piece.count]
  /// @returns whether a mark is set
  bool lower(std::size_t aggregate, const RowPiece& piece, std::uint64_t* bits,
             ResultMark* marks) const;

 private:
  struct Plan {
    AggregateFunction function;
    bool is_double = false;
    std::uint8_t value = 0;
    std::uint8_t scale = 0;
    std::int64_t unit = 1;  ///< 10 to the scale
    const AccumulatorSpec* nulls = nullptr;
    const AccumulatorSpec* sum = nullptr;  ///< of integers, of doubles or shifted
    const AccumulatorSpec* squares = nullptr;
    const AccumulatorSpec* extreme = nullptr;
  };
  struct Row;

  ResultValue::Kind kind_of(const Plan& plan) const noexcept;
  bool lower_plain(const Plan& plan, const RowPiece& piece, std::uint64_t* bits) const;
  ResultValue lower_row(const Plan& plan, const Row& row) const;
  ResultValue lower_variance(const Plan& plan, const Row& row, std::int64_t count) const;

  RowLayout layout_;
  std::vector<Plan> plans_;
  bool allow_non_finite_;
};

/// Accumulators that a job's aggregates need.
RowLayout layout_of(const Job& job);

}  // namespace sluice
