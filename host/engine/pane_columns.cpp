#include "host/engine/pane_columns.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace sluice {
namespace {

constexpr std::size_t first_places = 64;

}  // namespace

void PaneColumns::add(PaneIndex pane, ColumnIndex column) {
  const PaneIndex first = empty() ? pane : std::min(first_, pane);
  const PaneIndex end = empty() ? pane + 1 : std::max(end_, pane + 1);
  if (static_cast<std::size_t>(end - first) > ring_.size()) grow(first, end);
  first_ = first;
  end_ = end;
  assert(ring_[place(pane)] == no_column);
  ring_[place(pane)] = column;
  ++count_;
}

void PaneColumns::grow(PaneIndex first, PaneIndex end) {
  std::vector<ColumnIndex> old(
      std::bit_ceil(std::max(first_places, static_cast<std::size_t>(end - first))), no_column);
  old.swap(ring_);
  for (PaneIndex pane = first_; pane < end_; ++pane) {
    ring_[place(pane)] = old[static_cast<std::size_t>(pane) & (old.size() - 1)];
  }
}

ColumnIndex PaneColumns::remove(PaneIndex pane) {
  ColumnIndex& entry = ring_[place(pane)];
  const ColumnIndex column = entry;
  assert(pane >= first_ && pane < end_ && column != no_column);
  entry = no_column;
  --count_;
  if (empty()) {
    first_ = end_ = 0;
    return column;
  }
  while (ring_[place(first_)] == no_column) ++first_;
  while (ring_[place(end_ - 1)] == no_column) --end_;
  return column;
}

}  // namespace sluice
