#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/instructions.hpp"
#include "kernels/cpu/row_lanes.hpp"
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

/// Rows of consecutive events, the first of them `first_event`.
struct RowsInOrder {
  std::uint64_t* const* rows;
  std::size_t first_event;

  std::uint64_t* row(std::size_t k) const noexcept { return rows[k]; }
  std::size_t event(std::size_t k) const noexcept { return first_event + k; }
};

/// Lifts events into rows, a few hundred at a time, accumulator by accumulator: the kind is looked
/// at once a block and not once an event. Same meaning as lift_event. The commonest layouts have
/// one loop for everything.
class RowLifter {
 public:
  explicit RowLifter(const RowLayout& layout, Instructions set = best_instructions());
  RowLifter(const RowLifter&) = delete;
  RowLifter& operator=(const RowLifter&) = delete;

  /// Lifts `size` events into their rows, which may repeat and lie in `space`.
  /// @param rows RowsByAddress or RowsInOrder
  template <class Rows>
  void lift(const RowSpace& space, const Rows& rows, std::size_t size, const EventColumns& events,
            const double* shifts) const;

  /// Whether these events are lifted by whole vectors.
  bool by_lanes(const EventColumns& events) const noexcept;
  const RowLanes& lanes() const noexcept { return lanes_; }
  Instructions instructions() const noexcept { return set_; }

 private:
  template <class Rows>
  void lift_each(const RowSpace& space, const Rows& rows, std::size_t size,
                 const EventColumns& events, const double* shifts) const;

  RowLayout layout_;
  RowLanes lanes_;
  Instructions set_;
};

}  // namespace sluice::cpu
