#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/books.hpp"
#include "host/engine/closings.hpp"
#include "host/engine/column_pool.hpp"
#include "host/engine/grid_state.hpp"
#include "host/engine/key_names.hpp"
#include "host/engine/lowered_rows.hpp"
#include "host/engine/window_result.hpp"
#include "kernels/backend.hpp"
#include "kernels/window_rows.hpp"

namespace sluice {

/// Closes, revises and retires windows: writes the programs of column steps, has the backend run
/// them, and publishes what comes out. Holds the panes and working values of every grid.
class WindowCloser {
 public:
  WindowCloser(const Job& job, Backend& backend, const KeyNames& names, Books& books,
               Publish publish);

  std::span<const WindowSpec> specs() const noexcept { return specs_; }
  std::span<GridState> grids() noexcept { return grids_; }
  std::span<const GridState> grids() const noexcept { return grids_; }
  ColumnPool& columns() noexcept { return columns_; }
  /// Windows have closed up to here.
  EventTime watermark() const noexcept { return watermark_; }

  /// Columns that closing and revising may still open chunks of, at most. Those that are open
  /// count, too: a late event of a new key may need a further chunk in each.
  std::uint32_t columns_to_open() const;

  /// Repairs the working values that hold a corrected pane, and publishes the windows again that
  /// corrections (ascending) fell into.
  void revise(std::span<const Correction> corrections);
  /// Closes what the watermark passes on its way to `next`, and retires panes.
  void move_to(EventTime next);

 private:
  /// A closed window that has not passed.
  struct OpenRevision {
    std::uint32_t revision = 0;  ///< of its last touch
    bool has_rows = false;
  };
  /// Windows that are revised by one program, over all slots that any of them was touched in.
  struct Revisions {
    std::vector<WindowId> windows;
    std::vector<std::vector<KeySlot>> touched;  ///< by window
    std::vector<KeySlot> slots;
    std::size_t rows = 0;  ///< in `touched`
  };

  GridState& grid_of(std::uint32_t window) { return grids_[places_[window].first]; }
  WindowValues& values_of(std::uint32_t window) {
    return grid_of(window).values[places_[window].second];
  }
  void run(std::span<const KeySlot> only, std::size_t outputs);

  void repair(GridState& grid, std::span<const Correction> corrections);
  bool add_revision(Revisions& revisions, const WindowId& window,
                    std::vector<KeySlot> touched) const;
  void publish_revisions(const Revisions& revisions);

  void write_closings(std::span<const WindowId> windows);
  std::size_t strands_for(std::span<const WindowId> windows) const;
  void publish_closings(std::span<const WindowId> windows);
  void publish_window(const WindowId& window, std::uint32_t revision, std::size_t output);

  void write_retirement();
  void retire_panes(GridState& grid);
  void seal_panes(GridState& grid);

  const Job& job_;
  Backend& backend_;
  const KeyNames& names_;
  Books& books_;
  Publish publish_;
  std::vector<WindowSpec> specs_;
  ColumnPool columns_;
  std::vector<GridState> grids_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places_;  ///< by definition: grid, its index
  std::size_t chunk_bytes_;                                      ///< of a backend's chunk, at most
  EventTime watermark_ = start_of_time;
  /// By (definition, start); empty without allowed lateness.
  std::map<std::pair<std::uint32_t, EventTime>, OpenRevision> closed_;

  std::vector<WindowId> closings_;
  std::vector<ColumnStep> steps_;
  std::vector<std::uint32_t> strands_;
  std::vector<std::uint32_t> strand_of_;  ///< by definition: the last strand it has windows in
  EmittedRows rows_;
  LoweredRows lowered_;
  WindowResult result_;
};

}  // namespace sluice
