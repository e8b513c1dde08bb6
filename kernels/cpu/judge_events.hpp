#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/batch_limits.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Events that a pass treats as one piece of work.
inline constexpr std::size_t tile_events = 4096;

/// Waking the workers costs about as much as accumulating this many events.
inline constexpr std::size_t alone_events = 16'384;

/// What a tile's events have in common. A uniform tile's events are all accepted, by every window,
/// and lie in the same column of each grid.
struct Tile {
  bool uniform = false;
  std::uint32_t missing = 0;            ///< events whose key the dictionary does not know yet
  ColumnIndex columns[max_grids] = {};  ///< [grid_count] of a uniform tile
};

/// The key slot of an event that is taken, before its key was found.
inline constexpr KeySlot unresolved_slot = no_slot - 1;

/// The events an accumulate pass is about, by position (all of a batch, or those in `only`), and
/// what the pass finds out about them. A view.
struct TiledBatch {
  const EventColumns& events;
  const BatchLimits& limits;
  std::span<const std::uint32_t> only;
  std::span<Tile> tiles;
  KeySlot* slots;        ///< [size] no_slot: the event is not taken
  ColumnIndex* columns;  ///< [grid_count x stride] of mixed tiles; no_column: not in this grid
  std::size_t stride;
  bool note_times;  ///< these events count for their partitions' maxima

  std::size_t size() const noexcept { return only.empty() ? events.size : only.size(); }
  std::uint32_t event(std::size_t position) const noexcept {
    return only.empty() ? static_cast<std::uint32_t>(position) : only[position];
  }
  std::size_t first_of(std::size_t tile) const noexcept { return tile * tile_events; }
  std::size_t size_of(std::size_t tile) const noexcept {
    return std::min(tile_events, size() - first_of(tile));
  }
  ColumnIndex column(std::uint32_t grid, std::size_t position) const noexcept {
    const Tile& tile = tiles[position / tile_events];
    return tile.uniform ? tile.columns[grid] : columns[grid * stride + position];
  }
};

/// Columns met so far, each once.
class ColumnSet {
 public:
  void add(ColumnIndex column) {
    if (column >= met_.size()) met_.resize(column + std::size_t{1});
    if (met_[column] != 0) return;
    met_[column] = 1;
    columns_.push_back(column);
  }
  void clear() {
    for (const ColumnIndex column : columns_) met_[column] = 0;
    columns_.clear();
  }
  std::span<const ColumnIndex> columns() const noexcept { return columns_; }

 private:
  std::vector<std::uint8_t> met_;
  std::vector<ColumnIndex> columns_;
};

/// What judging finds out, apart from where events go. One a worker, put together at the end.
struct Findings {
  struct InClosedPane {
    std::uint32_t position;
    std::uint32_t grid;
    PaneIndex pane;
  };

  std::uint64_t taken = 0;  ///< accepted and not parked
  std::uint64_t future = 0;
  std::uint64_t in_no_window = 0;
  std::vector<std::uint32_t> late;             ///< events
  std::vector<std::uint32_t> parked;           ///< events
  std::vector<std::uint32_t> refused_by_some;  ///< positions of taken events
  std::vector<InClosedPane> in_closed_pane;    ///< taken events
  std::vector<EventTime> maxima;               ///< by partition; start_of_time: no event
  ColumnSet columns;                           ///< of taken events

  void clear();
  void clear_but_maxima();
  void note_time(PartitionIndex partition, EventTime time);
};

/// Notes the partitions' maxima of events [first, first + size), the latest of which is at
/// `latest`.
void note_times(const EventColumns& events, std::size_t first, std::size_t size, EventTime latest,
                Findings& findings);

/// Judges the events of a tile: sets the tile and, unless it is uniform, the columns and slots (to
/// no_slot or unresolved_slot).
void judge_tile(const TiledBatch& batch, std::size_t tile, Findings& findings);

}  // namespace sluice::cpu
