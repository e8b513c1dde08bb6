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

/// A closing program in device memory, by value to the kernel. One block runs one strand for one
/// group; one that finds no room for what it emits or seals stops before that step, and goes on
/// there in the next launch.
struct ClosingProgram {
  const ColumnStep* steps = nullptr;
  const std::uint32_t* strands = nullptr;  ///< [strand_count] ends in `steps`
  std::uint32_t strand_count = 0;
  const SlotGroup* groups = nullptr;  ///< [group_count], or nullptr: group g is all of chunk g
  std::uint32_t group_count = 0;
  const KeySlot* slots = nullptr;
  std::uint32_t* progress = nullptr;  ///< [strand][group] steps done
  std::uint32_t spared = 0;  ///< chunks of the pool that sealing leaves for the other steps
  bool seals_wait = true;    ///< seals without room stop their block; else they are left out

  [[nodiscard]] std::size_t items() const noexcept {
    return std::size_t{strand_count} * group_count;
  }
};

/// Rows that a block emitted for one window: output.slots[begin, + count), all of one chunk.
struct Emission {
  std::uint32_t output;
  std::uint32_t chunk;
  std::uint32_t begin;
  std::uint32_t count;
};

struct ClosingTotals {
  std::uint64_t written = 0;   ///< rows, without gaps from the start, * 2^32 + emissions
  std::uint64_t reserved = 0;  ///< likewise what was asked for; may exceed the capacity
  std::uint32_t popped = 0;    ///< tries to take a chunk from the pool, may exceed what it had
  std::uint32_t stalled = 0;   ///< blocks that did not reach the end of their strand
  std::uint32_t roomless = 0;  ///< of those: blocks that found no page to seal into

  [[nodiscard]] std::size_t rows() const noexcept { return written >> 32; }
  [[nodiscard]] std::size_t emissions() const noexcept { return written & 0xffff'ffffu; }
};

/// Where a program leaves what it emits: device memory, by value to the kernel.
struct ClosingOutput {
  ClosingTotals* totals = nullptr;
  KeySlot* slots = nullptr;        ///< [capacity]
  std::uint64_t* words = nullptr;  ///< [capacity x layout.words()]
  Emission* emissions = nullptr;   ///< [emission_capacity]
  std::uint32_t capacity = 0;      ///< rows, >= chunk_slots
  std::uint32_t emission_capacity = 0;
};

void run_program(const PaneTableRef& table, const ClosingProgram& program,
                 const ClosingOutput& output, Stream& stream);

/// Columns of a program: those that it may open, then those that it combines.
struct ProgramColumns {
  const ColumnIndex* columns = nullptr;  ///< [targets + sources]
  std::uint32_t targets = 0;
  std::uint32_t sources = 0;
};

/// Adds to `missing` the most chunks that the program can open: its targets' that are not dense, in
/// the groups of slots that have rows to combine.
void count_missing(const PaneTableRef& table, const ClosingProgram& program,
                   const ProgramColumns& columns, std::uint64_t* missing, Stream& stream);

/// Writes `count` rows into a column whose chunks are dense.
void write_rows(const PaneTableRef& table, ColumnIndex column, const KeySlot* slots,
                const std::uint64_t* words, std::size_t count, Stream& stream);

}  // namespace sluice::cuda
