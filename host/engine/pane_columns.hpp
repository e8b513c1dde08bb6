#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// The panes of one grid that hold rows, and the column of each. Live panes lie close together (no
/// further apart than max_live_panes), so this is a ring with a place for every pane between the
/// first and the last: nothing is searched.
class PaneColumns {
 public:
  static constexpr PaneIndex none = std::numeric_limits<PaneIndex>::max();

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  /// First pane that holds rows. @pre !empty()
  PaneIndex first() const noexcept { return first_; }
  /// One past the last pane that holds rows. @pre !empty()
  PaneIndex end() const noexcept { return end_; }

  /// The pane's column, or no_column.
  ColumnIndex operator[](PaneIndex pane) const noexcept {
    return pane < first_ || pane >= end_ ? no_column : ring_[place(pane)];
  }
  /// First pane at or after `from` that holds rows, or none.
  PaneIndex next(PaneIndex from) const noexcept {
    for (PaneIndex pane = from < first_ ? first_ : from; pane < end_; ++pane) {
      if (ring_[place(pane)] != no_column) return pane;
    }
    return none;
  }

  /// @pre the pane holds no rows yet
  void add(PaneIndex pane, ColumnIndex column);
  /// @pre the pane holds rows. @returns its column
  ColumnIndex remove(PaneIndex pane);

 private:
  std::size_t place(PaneIndex pane) const noexcept {
    return static_cast<std::size_t>(pane) & (ring_.size() - 1);
  }
  void grow(PaneIndex first, PaneIndex end);

  std::vector<ColumnIndex> ring_;  ///< a power of two; no_column outside [first_, end_)
  PaneIndex first_ = 0;
  PaneIndex end_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sluice
