#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Rows named one by one: event k goes into the row whose hot part is rows[k].
struct RowsByAddress {
  std::uint64_t* const* rows;
  std::uint64_t* operator[](std::size_t k) const noexcept { return rows[k]; }
};

/// Rows named by slot, which lie side by side: event k goes into row slots[k] from `first` on.
struct RowsBySlot {
  std::uint64_t* first;
  const KeySlot* slots;
  std::size_t hot_words;
  std::uint64_t* operator[](std::size_t k) const noexcept { return first + slots[k] * hot_words; }
};

/// Lifts events into rows, a few hundred at a time, accumulator by accumulator: the kind is looked
/// at once a block and not once an event. Same meaning as lift_event. The commonest layouts have
/// one loop for everything.
class RowLifter {
 public:
  explicit RowLifter(const RowLayout& layout);

  /// Lifts event k of `events` into its row, for k in [0, events.size); rows may repeat and lie in
  /// `space`. Of `events` only the values are read.
  void lift(const RowSpace& space, const RowsByAddress& rows, const EventColumns& events,
            const double* shifts) const {
    lift_into(space, rows, events, shifts);
  }
  void lift(const RowSpace& space, const RowsBySlot& rows, const EventColumns& events,
            const double* shifts) const {
    lift_into(space, rows, events, shifts);
  }

 private:
  enum class Shape : std::uint8_t { any, count, count_sum, count_sum_minimum_maximum };

  template <class Rows>
  void lift_into(const RowSpace& space, const Rows& rows, const EventColumns& events,
                 const double* shifts) const;
  template <class Rows>
  void lift_each(const RowSpace& space, const Rows& rows, const EventColumns& events,
                 const double* shifts) const;

  RowLayout layout_;
  Shape shape_ = Shape::any;  ///< what is left of the layout while no value is null
  AccumulatorSpec sum_;
  AccumulatorSpec minimum_;
  AccumulatorSpec maximum_;
};

}  // namespace sluice::cpu
