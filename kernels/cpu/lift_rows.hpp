#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Pairs of a row and an event, named one by one: the row's hot part is rows[k], the event
/// events[k].
struct RowsByAddress {
  std::uint64_t* const* rows;
  const std::uint32_t* events;

  std::uint64_t* row(std::size_t k) const noexcept { return rows[k]; }
  std::size_t event(std::size_t k) const noexcept { return events[k]; }
};

/// Consecutive events, the first of them `first_event`, and rows that lie side by side from
/// `first_row` on: event k of them goes into row slots[k].
struct RowsBySlot {
  std::uint64_t* first_row;
  std::size_t hot_words;
  const KeySlot* slots;
  std::size_t first_event;

  std::uint64_t* row(std::size_t k) const noexcept { return first_row + slots[k] * hot_words; }
  std::size_t event(std::size_t k) const noexcept { return first_event + k; }
};

/// Lifts events into rows, a few hundred at a time, accumulator by accumulator: the kind is looked
/// at once a block and not once an event. Same meaning as lift_event. The commonest layouts have
/// one loop for everything.
class RowLifter {
 public:
  explicit RowLifter(const RowLayout& layout);

  /// Lifts `size` events into their rows, which may repeat and lie in `space`.
  /// @param rows RowsByAddress or RowsBySlot
  template <class Rows>
  void lift(const RowSpace& space, const Rows& rows, std::size_t size, const EventColumns& events,
            const double* shifts) const;

 private:
  enum class Shape : std::uint8_t { any, count, count_sum, count_sum_minimum_maximum };

  template <class Rows>
  void lift_each(const RowSpace& space, const Rows& rows, std::size_t size,
                 const EventColumns& events, const double* shifts) const;

  RowLayout layout_;
  Shape shape_ = Shape::any;  ///< what is left of the layout while no value is null
  AccumulatorSpec sum_;
  AccumulatorSpec minimum_;
  AccumulatorSpec maximum_;
};

}  // namespace sluice::cpu
