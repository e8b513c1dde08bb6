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
#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/stage_clock.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// The accumulate pass: three stages over tiles of events, each spread over the workers. judge
/// finds every event's columns, resolve_keys its slot, accumulate changes the rows. What is rare is
/// done in between, on one thread.
class AccumulatePass {
 public:
  AccumulatePass(const BackendShape& shape, Workers& workers, KeyDictionary& dictionary,
                 PaneTable& table);

  BatchReport run(const EventColumns& events, const BatchLimits& limits,
                  std::span<const std::uint32_t> only, const double* shifts);

  /// Some rows were given up, so that some slots may be free to collect.
  void rows_given_up() noexcept { admission_.rows_given_up(); }

  std::array<KernelStatistics, 3> statistics() const;

 private:
  void judge_all(const TiledBatch& batch, BatchReport& report);
  /// Parks the events whose rows the memory cannot hold.
  void park_unplaceable(const TiledBatch& batch, BatchReport& report);
  bool place(const TiledBatch& batch, std::size_t position);
  void report_refusals(const TiledBatch& batch, BatchReport& report) const;
  void report_corrections(const TiledBatch& batch, BatchReport& report) const;
  void report_opened(const TiledBatch& batch, BatchReport& report);
  std::uint64_t lifted_bytes(const TiledBatch& batch) const;

  Workers& workers_;
  KeyDictionary& dictionary_;
  PaneTable& table_;
  KeyAdmission admission_;
  EventLifter lifter_;
  std::size_t max_events_;
  Pages slots_;
  Pages columns_;  ///< [max_grids x max_events]
  std::vector<Tile> tiles_;
  std::vector<Findings> findings_;  ///< one a worker
  ColumnSet met_;                   ///< columns of taken events
  StageClock judge_clock_{"judge"};
  StageClock resolve_clock_{"resolve_keys"};
  StageClock lift_clock_{"accumulate"};
};

}  // namespace sluice::cpu
