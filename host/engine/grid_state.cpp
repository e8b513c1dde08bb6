#include "host/engine/grid_state.hpp"

#include <algorithm>

namespace sluice {

void GridState::offer(PaneIndex from, std::uint32_t count, ColumnPool& columns) {
  offered_from = from;
  offered.clear();
  for (PaneIndex pane = from; pane < from + count; ++pane) {
    const ColumnIndex column = panes[pane];
    offered.push_back(column != no_column ? column : columns.take());
  }
}

void GridState::settle(std::span<const ColumnIndex> opened, ColumnPool& columns) {
  // New columns were taken in ascending order, so both lists are walked once.
  auto next = opened.begin();
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const PaneIndex pane = offered_from + static_cast<PaneIndex>(i);
    if (panes[pane] != no_column) continue;
    while (next != opened.end() && *next < offered[i]) ++next;
    if (next != opened.end() && *next == offered[i]) {
      panes.add(pane, offered[i]);
    } else {
      columns.give_back(offered[i]);
    }
  }
  offered.clear();
}

}  // namespace sluice
