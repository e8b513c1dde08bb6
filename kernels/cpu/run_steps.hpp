#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/column_step.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/stage_clock.hpp"
#include "kernels/cpu/workers.hpp"
#include "kernels/window_rows.hpp"

namespace sluice::cpu {

/// Runs closing programs, a chunk of slots at a time: all steps on one chunk before the next, so
/// that working values stay in the cache. Chunks are spread over the workers.
class StepRunner {
 public:
  StepRunner(Workers& workers, PaneTable& table);
  ~StepRunner();

  /// See Backend::run. @param slots every slot is less than this. @throws StateFull
  void run(std::span<const ColumnStep> steps, std::span<const KeySlot> only, std::size_t slots,
           std::span<WindowRows> outputs);

  const KernelStatistics& statistics() const noexcept { return clock_.figures(); }

 private:
  /// Memory for the sum of two chunks, and the rows emitted by one worker.
  struct Scratch;

  /// Calls task(item, scratch, outputs) for each item, with outputs that nobody else writes to.
  template <class Task>
  void each(std::size_t items, std::span<WindowRows> outputs, const Task& task);
  void run_chunks(std::span<const ColumnStep> steps, std::size_t slots,
                  std::span<WindowRows> outputs);
  void run_slots(std::span<const ColumnStep> steps, std::span<const KeySlot> only,
                 std::span<WindowRows> outputs);
  /// @returns bytes moved.
  std::uint64_t run_chunk(std::span<const ColumnStep> steps, std::size_t chunk, Scratch& scratch,
                          std::span<WindowRows> outputs);
  void run_slot(std::span<const ColumnStep> steps, KeySlot slot, Scratch& scratch,
                std::span<WindowRows> outputs);
  void emit_sum(RowRef target, RowRef source, KeySlot slot, Scratch& scratch,
                WindowRows& output) const;
  RowRef row(ColumnIndex column, KeySlot slot) const noexcept;
  RowGroup opened(ColumnIndex column, std::size_t chunk);
  void cover_targets(std::span<const ColumnStep> steps, std::size_t slots);
  void note_held(std::span<const ColumnStep> steps, bool whole);

  Workers& workers_;
  PaneTable& table_;
  std::vector<Scratch> scratch_;  ///< one a worker
  StageClock clock_{"close"};
};

}  // namespace sluice::cpu
