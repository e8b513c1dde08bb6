#pragma once

#include <cstdint>

#include "kernels/column_step.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// The slots of one chunk that a closing program is run for.
struct SlotGroup {
  std::uint32_t chunk;
  std::uint32_t begin;  ///< its slots: ClosingProgram::slots[begin, + count)
  std::uint32_t count;
};

/// A closing program in device memory, by value to the kernel. One block runs it for one group;
/// one that finds no chunk in the pool or no place for its rows stops before that step, and goes on
/// there in the next launch.
struct ClosingProgram {
  const ColumnStep* steps = nullptr;
  std::uint32_t step_count = 0;
  const SlotGroup* groups = nullptr;  ///< [group_count], or nullptr: group g is all of chunk g
  std::uint32_t group_count = 0;
  const KeySlot* slots = nullptr;
  std::uint32_t* progress = nullptr;  ///< [group_count] the next step of each
};

/// Rows that a block emitted for one window: output.slots[begin, + count), all of one chunk.
struct Emission {
  std::uint32_t output;
  std::uint32_t chunk;
  std::uint32_t begin;
  std::uint32_t count;
};

struct ClosingTotals {
  std::uint32_t popped = 0;    ///< tries to take a chunk from the pool, may exceed what it had
  std::uint32_t freed = 0;     ///< chunks given back
  std::uint32_t stalled = 0;   ///< groups that did not reach the end of the program
  std::uint32_t reserved = 0;  ///< rows asked for, may exceed the capacity
  std::uint32_t rows = 0;      ///< rows written, without gaps from the start
  std::uint32_t emissions = 0;
};

/// Where a program leaves what it emits and gives back: device memory, by value to the kernel.
struct ClosingOutput {
  ClosingTotals* totals = nullptr;
  KeySlot* slots = nullptr;        ///< [capacity]
  std::uint64_t* words = nullptr;  ///< [capacity x layout.words()]
  Emission* emissions = nullptr;   ///< [capacity]
  std::uint32_t capacity = 0;      ///< rows, >= chunk_slots
  std::uint32_t* freed = nullptr;  ///< [chunks of the pool]
};

void run_program(const PaneTableRef& table, const ClosingProgram& program,
                 const ClosingOutput& output, Stream& stream);

/// Writes `count` rows into a column whose chunks are open.
void write_rows(const PaneTableRef& table, ColumnIndex column, const KeySlot* slots,
                const std::uint64_t* words, std::size_t count, Stream& stream);

}  // namespace sluice::cuda
