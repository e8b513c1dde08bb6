#include "kernels/cpu/judge_events.hpp"

#include <algorithm>

#include "kernels/cpu/tile_times.hpp"

namespace sluice::cpu {
namespace {

/// The column that all times of the range lie in, or no_column.
ColumnIndex shared_column(const GridLimits& limits, const TimeRange& range) {
  const PaneIndex pane = limits.grid.pane_of(range.earliest);
  if (range.latest - limits.grid.start_of(pane) >= limits.grid.length) return no_column;
  if (pane < limits.corrected_before || pane < limits.first_pane ||
      pane - limits.first_pane >= limits.pane_count) {
    return no_column;
  }
  return limits.columns[pane - limits.first_pane];
}

bool is_uniform(const BatchLimits& limits, const TimeRange& range, ColumnIndex* columns) {
  if (limits.gaps || range.earliest < limits.untouched_from || range.latest > limits.future_after) {
    return false;
  }
  for (std::uint32_t w = 0; w < limits.window_count; ++w) {
    if (range.earliest < limits.windows[w].refused_before) return false;
  }
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    columns[g] = shared_column(limits.grids[g], range);
    if (columns[g] == no_column) return false;
  }
  return limits.grid_count != 0;
}

/// Finds panes without dividing while times stay in the same one.
class PaneFinder {
 public:
  PaneIndex pane_of(const PaneGrid& grid, EventTime time) {
    if (time < start_ || time >= end_) {
      pane_ = grid.pane_of(time);
      start_ = grid.start_of(pane_);
      end_ = start_ + grid.length;
    }
    return pane_;
  }

 private:
  PaneIndex pane_ = 0;
  EventTime start_ = 0;
  EventTime end_ = 0;
};

/// Judges event by event.
class MixedTile {
 public:
  MixedTile(const TiledBatch& batch, Findings& findings)
      : batch_(batch), limits_(batch.limits), findings_(findings) {
    for (std::uint32_t w = 0; w < limits_.window_count; ++w) {
      refused_before_ = std::max(refused_before_, limits_.windows[w].refused_before);
    }
  }

  void judge_position(std::size_t position) {
    const std::uint32_t event = batch_.event(position);
    const EventTime time = batch_.events.time[event];
    batch_.slots[position] = no_slot;
    const Verdict verdict = judge(limits_, time);
    if (verdict == Verdict::future) {
      ++findings_.future;
      return;
    }
    if (batch_.note_times) {
      const PartitionIndex* const partition = batch_.events.partition;
      findings_.note_time(partition == nullptr ? batch_.events.single_partition : partition[event],
                          time);
    }
    if (verdict == Verdict::late) {
      findings_.late.push_back(event);
    } else if (verdict == Verdict::in_no_window) {
      ++findings_.in_no_window;
    } else if (place(position, time)) {
      take(position, time);
    } else {
      findings_.parked.push_back(event);
    }
  }

 private:
  /// Finds the event's column in each grid; false when one of its panes has none.
  bool place(std::size_t position, EventTime time) {
    for (std::uint32_t g = 0; g < limits_.grid_count; ++g) {
      const GridLimits& grid = limits_.grids[g];
      panes_[g] = finders_[g].pane_of(grid.grid, time);
      ColumnIndex column = no_column;
      if (panes_[g] >= grid.first_pane && grid_takes(limits_, grid, time)) {
        const auto number = static_cast<std::uint64_t>(panes_[g] - grid.first_pane);
        if (number >= grid.pane_count) return false;
        column = grid.columns[number];
        if (column == no_column) return false;
      }
      batch_.columns[g * batch_.stride + position] = column;
    }
    return true;
  }

  void take(std::size_t position, EventTime time) {
    batch_.slots[position] = unresolved_slot;
    ++findings_.taken;
    const auto at = static_cast<std::uint32_t>(position);
    if (time < refused_before_) findings_.refused_by_some.push_back(at);
    for (std::uint32_t g = 0; g < limits_.grid_count; ++g) {
      const ColumnIndex column = batch_.columns[g * batch_.stride + position];
      if (column == no_column) continue;
      findings_.columns.add(column);
      if (panes_[g] < limits_.grids[g].corrected_before) {
        findings_.in_closed_pane.push_back({at, g, panes_[g]});
      }
    }
  }

  const TiledBatch& batch_;
  const BatchLimits& limits_;
  Findings& findings_;
  EventTime refused_before_ = start_of_time;
  PaneIndex panes_[max_grids] = {};
  PaneFinder finders_[max_grids];
};

}  // namespace

void Findings::clear() {
  clear_but_maxima();
  std::fill(maxima.begin(), maxima.end(), start_of_time);
}

void Findings::clear_but_maxima() {
  taken = 0;
  future = 0;
  in_no_window = 0;
  late.clear();
  parked.clear();
  refused_by_some.clear();
  in_closed_pane.clear();
  columns.clear();
}

void Findings::note_time(PartitionIndex partition, EventTime time) {
  if (partition >= maxima.size()) maxima.resize(partition + std::size_t{1}, start_of_time);
  maxima[partition] = std::max(maxima[partition], time);
}

void note_times(const EventColumns& events, std::size_t first, std::size_t size, EventTime latest,
                Findings& findings) {
  const PartitionIndex* const partition = events.partition;
  if (partition == nullptr) {
    findings.note_time(events.single_partition, latest);
    return;
  }
  unsigned differences = 0;
  for (std::size_t i = first; i < first + size; ++i) {
    differences |= static_cast<unsigned>(partition[i] ^ partition[first]);
  }
  if (differences == 0) {
    findings.note_time(partition[first], latest);
    return;
  }
  for (std::size_t i = first; i < first + size; ++i) {
    findings.note_time(partition[i], events.time[i]);
  }
}

void judge_tile(const TiledBatch& batch, std::size_t number, Findings& findings) {
  const std::size_t first = batch.first_of(number);
  const std::size_t size = batch.size_of(number);
  Tile& tile = batch.tiles[number];
  tile = Tile{};
  if (batch.only.empty()) {
    const TimeRange range = time_range(best_instructions(), batch.events.time, first, size);
    tile.uniform = is_uniform(batch.limits, range, tile.columns);
    if (tile.uniform) {
      findings.taken += size;
      if (batch.note_times) note_times(batch.events, first, size, range.latest, findings);
      for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
        findings.columns.add(tile.columns[g]);
      }
      return;
    }
  }
  MixedTile mixed(batch, findings);
  for (std::size_t position = first; position < first + size; ++position) {
    mixed.judge_position(position);
  }
}

}  // namespace sluice::cpu
