#include "host/engine/grid_state.hpp"

#include <algorithm>

namespace sluice {

void GridState::offer(PaneIndex from, std::uint32_t count, ColumnPool& columns) {
  offered_from = from;
  offered.clear();
  auto existing = panes.lower_bound(from);
  for (PaneIndex pane = from; pane < from + count; ++pane) {
    if (existing != panes.end() && existing->first == pane) {
      offered.push_back(existing->second);
      ++existing;
    } else {
      offered.push_back(columns.take());
    }
  }
}

void GridState::settle(std::span<const ColumnIndex> opened, ColumnPool& columns) {
  auto existing = panes.lower_bound(offered_from);
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const PaneIndex pane = offered_from + static_cast<PaneIndex>(i);
    if (existing != panes.end() && existing->first == pane) {
      ++existing;
    } else if (std::binary_search(opened.begin(), opened.end(), offered[i])) {
      panes.emplace_hint(existing, pane, offered[i]);
    } else {
      columns.give_back(offered[i]);
    }
  }
  offered.clear();
}

}  // namespace sluice
