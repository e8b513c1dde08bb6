#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/column_step.hpp"
#include "kernels/cpu/chunk_operations.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/stage_clock.hpp"
#include "kernels/cpu/workers.hpp"
#include "kernels/window_rows.hpp"

namespace sluice::cpu {

/// Runs closing programs, a chunk of slots at a time: all steps of a strand on one chunk before the
/// next, so that working values stay in the cache. Chunks and strands are spread over the workers.
class StepRunner {
 public:
  StepRunner(Workers& workers, PaneTable& table);
  ~StepRunner();

  /// See Backend::run. @param slots every slot is less than this. @throws StateFull
  void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t slots,
           std::size_t outputs, EmittedRows& rows);

  const KernelStatistics& statistics() const noexcept { return clock_.figures(); }

 private:
  using Steps = std::span<const ColumnStep>;
  /// What one worker needs for itself.
  struct Scratch;
  /// A strand's last emission from a chunk, as long as nothing has changed it.
  struct LastEmission;

  void run_chunks(const StepProgram& program, std::size_t slots, EmittedRows& rows);
  void run_slots(Steps steps, std::span<const KeySlot> only, EmittedRows& rows);
  void cut_slots(std::span<const KeySlot> only);

  void run_chunk(Steps steps, std::size_t chunk, std::size_t used_rows, unsigned worker,
                 RowArena& arena);
  /// @returns how many of the steps it has done: two where the first fills a column that was empty
  std::size_t combine(Steps steps, std::size_t chunk, std::size_t used_rows, Scratch& scratch,
                      LastEmission& last);
  bool remove(const ColumnStep& step, std::size_t chunk, std::size_t used_rows, Scratch& scratch);
  void emit(const ColumnStep& step, std::size_t chunk, std::size_t used_rows, Scratch& scratch,
            RowArena& arena, LastEmission& last);

  void run_step(const ColumnStep& step, std::span<const KeySlot> slots, Scratch& scratch,
                RowArena& arena);
  void emit_slots(const ColumnStep& step, std::span<const KeySlot> slots, Scratch& scratch,
                  RowArena& arena);

  void seal(ColumnIndex column, std::size_t chunk, std::size_t used_rows, unsigned worker);
  /// Opens a sealed chunk again, before its rows are changed.
  void unseal(ColumnIndex column, std::size_t chunk);

  RowGroup open_rows(ColumnIndex column, std::size_t chunk, std::size_t used_rows) const noexcept;
  /// The rows of a chunk for reading, whatever form they are in.
  RowGroup rows_of(ColumnIndex column, std::size_t chunk, std::size_t used_rows,
                   std::vector<std::uint64_t>& expanded) const;
  RowRef row(ColumnIndex column, KeySlot slot) const noexcept;
  /// Adds the row of a slot to `sum`, if there is one.
  void add_row(ColumnIndex column, KeySlot slot, RowRef sum, Scratch& scratch) const;
  RowGroup opened(ColumnIndex column, std::size_t chunk);
  /// Opens a chunk whose first `used_rows` rows the caller then writes, every word of them.
  RowGroup opened_unset(ColumnIndex column, std::size_t chunk, std::size_t used_rows);
  void cover_targets(Steps steps, std::size_t slots);
  void note_held(Steps steps, bool whole);

  Workers& workers_;
  PaneTable& table_;
  ChunkArithmetic arithmetic_;
  std::vector<Scratch> scratch_;     ///< one a worker
  std::vector<std::size_t> pieces_;  ///< ends of runs of named slots
  StageClock clock_{"close"};
};

}  // namespace sluice::cpu
