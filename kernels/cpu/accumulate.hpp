#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cpu/admit_keys.hpp"
#include "kernels/cpu/judge_events.hpp"
#include "kernels/cpu/key_dictionary.hpp"
#include "kernels/cpu/lift_events.hpp"
#include "kernels/cpu/merge_layers.hpp"
#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/stage_clock.hpp"
#include "kernels/cpu/sweep_events.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// The accumulate pass. EventSweep takes in the plain events; what it leaves goes through three
/// stages over tiles of events, each spread over the workers: judge finds every event's columns,
/// resolve_keys its slot, accumulate changes the rows. What is rare is done in between, on one
/// thread.
class AccumulatePass {
 public:
  AccumulatePass(const BackendShape& shape, Workers& workers, KeyDictionary& dictionary,
                 PaneTable& table, StateBudget& budget);

  BatchReport run(const EventColumns& events, const BatchLimits& limits,
                  std::span<const std::uint32_t> only, const double* shifts);

  /// Brings all rows to where the table's readers look for them. Until then those of some batches
  /// may lie in the workers' layers.
  void settle() { merge_layers(workers_, table_); }

  /// Some rows were given up, so that some slots may be free to collect.
  void rows_given_up() noexcept { admission_.rows_given_up(); }

  std::array<KernelStatistics, 3> statistics() const;
  AccumulatePath path() const noexcept { return last_path_; }
  std::uint64_t path_switches() const noexcept { return path_switches_; }

 private:
  /// Covers the columns that the limits offer, as far as memory goes.
  void cover_offered(const BatchLimits& limits);
  void leave_room(const BatchLimits& limits) noexcept;
  AccumulatePath choose_path(std::size_t size) const noexcept;
  void note_path(AccumulatePath taken, std::size_t shared_rows, std::size_t size);
  void take_in(const TiledBatch& batch, const double* shifts, BatchReport& report);
  void report_maxima(BatchReport& report) const;
  void judge_all(const TiledBatch& batch, BatchReport& report);
  /// Parks the events whose rows the memory cannot hold.
  void park_unplaceable(const TiledBatch& batch, BatchReport& report);
  bool place(const TiledBatch& batch, std::size_t position);
  void report_refusals(const TiledBatch& batch, BatchReport& report) const;
  void report_corrections(const TiledBatch& batch, BatchReport& report) const;
  void settle_failures(const TiledBatch& batch, BatchReport& report);
  void report_opened(BatchReport& report);
  std::uint64_t lifted_bytes(const TiledBatch& batch) const;
  std::uint64_t swept_bytes(const EventColumns& events, const BatchLimits& limits) const;

  Workers& workers_;
  KeyDictionary& dictionary_;
  PaneTable& table_;
  StateBudget& budget_;
  KeyAdmission admission_;
  EventSweep sweep_;
  EventLifter lifter_;
  std::size_t max_events_;
  Pages slots_;
  Pages columns_;  ///< [max_grids x max_events]
  std::vector<Tile> tiles_;
  std::vector<Findings> findings_;  ///< one a worker
  ColumnSet met_;                   ///< columns of taken events
  AccumulatePath forced_path_;
  AccumulatePath path_ = AccumulatePath::private_tables;  ///< for batches of some size
  AccumulatePath last_path_ = AccumulatePath::automatic;
  unsigned against_ = 0;  ///< batches in a row that spoke against path_
  std::uint64_t path_switches_ = 0;
  StageClock judge_clock_{"judge"};
  StageClock resolve_clock_{"resolve_keys"};
  StageClock lift_clock_{"accumulate"};
};

}  // namespace sluice::cpu
