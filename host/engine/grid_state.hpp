#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/engine/column_pool.hpp"
#include "host/engine/pane_columns.hpp"
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
  PaneColumns panes;
  PaneIndex sealed_to = before_every_pane;  ///< earlier panes have been sealed
  std::vector<PaneIndex> unsealed;          ///< of them: written to by late events since

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
