#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/engine/pane_map.hpp"
#include "host/engine/window_values.hpp"
#include "kernels/backend.hpp"
#include "kernels/batch_limits.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// One pane grid: the panes that hold rows, and the working values of its window definitions.
struct GridState {
  PaneGrid grid;
  std::vector<std::uint32_t> windows;  ///< definitions on this grid, indices into the job's
  std::vector<WindowValues> values;    ///< one per definition
  PaneMap panes;

  /// Columns of consecutive panes for one batch: those in `panes`, and new ones for the rest.
  /// Kept between calls to reuse memory.
  PaneIndex offered_from = 0;
  std::vector<ColumnIndex> offered;

  /// Offers panes [from, from + count) to a batch.
  void offer(PaneIndex from, std::uint32_t count, ColumnPool& columns);
  /// Keeps the offered panes whose columns the batch opened (sorted), gives the others back.
  void settle(std::span<const ColumnIndex> opened, ColumnPool& columns);
};

}  // namespace sluice
