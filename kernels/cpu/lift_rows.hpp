#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/fetch.hpp"
#include "kernels/cpu/instructions.hpp"
#include "kernels/cpu/row_lanes.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/cpu/sort_by_owner.hpp"
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
  [[gnu::always_inline]] void fetch(std::size_t) const noexcept {}
};

/// Rows of consecutive events, the first of them `first_event`.
struct RowsInOrder {
  std::uint64_t* const* rows;
  std::size_t first_event;

  std::uint64_t* row(std::size_t k) const noexcept { return rows[k]; }
  std::size_t event(std::size_t k) const noexcept { return first_event + k; }
  [[gnu::always_inline]] void fetch(std::size_t) const noexcept {}
};

/// Rows of a tile's events that one worker owns. While they are changed, those of its next tile are
/// fetched.
struct RowsOfOwner {
  std::uint64_t* base;          ///< the first row there is
  const std::uint64_t* owned;   ///< OwnedEvents
  std::size_t first_event;      ///< of the tile
  const std::uint64_t* coming;  ///< [coming_size] those of the next tile
  std::size_t coming_size;

  std::uint64_t* row(std::size_t k) const noexcept {
    return base + OwnedEvent::row_words(owned[k]);
  }
  std::size_t event(std::size_t k) const noexcept {
    return first_event + OwnedEvent::event(owned[k]);
  }
  [[gnu::always_inline]] void fetch(std::size_t k) const noexcept {
    if (k < coming_size) fetch_far(base + OwnedEvent::row_words(coming[k]));
  }
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
  /// @param rows RowsByAddress, RowsInOrder or RowsOfOwner
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
