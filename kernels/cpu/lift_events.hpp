#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/judge_events.hpp"
#include "kernels/cpu/lift_rows.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// Lifts a batch's events into the rows of their slots. Never are two threads on one row, and there
/// are no atomic read-modify-writes:
/// - few events: the caller does it alone;
/// - few rows: each worker has rows of its own, a layer of the PaneTable;
/// - many rows: each row has an owner among the workers, who picks its events out of the batch.
///
/// For the events that EventSweep leaves: what is new, late, early or in closed panes.
class EventLifter {
 public:
  EventLifter(Workers& workers, PaneTable& table);
  ~EventLifter();

  /// @param columns every column that a taken event is in.
  /// @param slots every slot is less than this.
  /// @pre the directory covers the columns and slots, and no chunk fails to open.
  void lift(const TiledBatch& batch, std::span<const ColumnIndex> columns, std::size_t slots,
            const double* shifts);

 private:
  struct Scratch;

  void lift_alone(const TiledBatch& batch, const double* shifts);
  void lift_into_layers(const TiledBatch& batch, const double* shifts);
  void lift_by_owner(const TiledBatch& batch, const double* shifts);

  template <class Wanted>
  static std::span<const std::uint32_t> pick(const TiledBatch& batch, std::size_t number,
                                             const Wanted& wanted, Scratch& scratch);
  /// Lifts the events at `positions` of one tile.
  void lift_picked(const TiledBatch& batch, std::span<const std::uint32_t> positions,
                   const RowFinder& rows, const double* shifts, Scratch& scratch);
  /// Finds rows and events of the block that are in the grid. @returns how many.
  static std::size_t locate(const TiledBatch& batch, std::uint32_t grid,
                            std::span<const std::uint32_t> block, const RowFinder& rows,
                            Scratch& scratch);

  Workers& workers_;
  PaneTable& table_;
  RowLifter lifter_;
  std::vector<Scratch> scratch_;  ///< one a worker
};

}  // namespace sluice::cpu
