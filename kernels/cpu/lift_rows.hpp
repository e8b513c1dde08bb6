#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cpu {

/// Lifts events into rows, a few hundred at a time, accumulator by accumulator: the kind is looked
/// at once a block and not once an event. Same meaning as lift_event. The commonest layouts have
/// one loop for everything.
class RowLifter {
 public:
  explicit RowLifter(const RowLayout& layout);

  /// Lifts event k of `events` into the row whose hot part is rows[k], for k in [0, events.size);
  /// rows may repeat and lie in `space`. Of `events` only the values are read.
  void lift(const RowSpace& space, std::uint64_t* const* rows, const EventColumns& events,
            const double* shifts) const;

 private:
  enum class Shape : std::uint8_t { any, count, count_sum, count_sum_minimum_maximum };

  void lift_each(const RowSpace& space, std::uint64_t* const* rows, const EventColumns& events,
                 const double* shifts) const;

  RowLayout layout_;
  Shape shape_ = Shape::any;  ///< what is left of the layout while no value is null
  AccumulatorSpec sum_;
  AccumulatorSpec minimum_;
  AccumulatorSpec maximum_;
};

}  // namespace sluice::cpu
