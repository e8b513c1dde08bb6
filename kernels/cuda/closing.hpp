#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/close.hpp"
#include "kernels/cuda/device_state.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Runs closing programs over the pane table and brings emitted rows down. One launch does a whole
/// program unless its rows do not fit into the output; then blocks stop where they are, and another
/// launch goes on into the other half of the output, while the rows of the first come down on a
/// stream of their own.
class Closing {
 public:
  Closing(const BackendShape& shape, DeviceState& state, KernelTimes& times, Stream& stream);

  /// As Backend::run. @throws StateFull before anything has changed.
  void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
           EmittedRows& rows);

  /// Device and pinned memory of the programs and of what they emit.
  [[nodiscard]] std::size_t device_bytes() const noexcept;

 private:
  /// Emitted rows, on the device and on their way down.
  struct Half {
    MirroredBuffer<KeySlot> slots;
    MirroredBuffer<std::uint64_t> words;
    MirroredBuffer<Emission> emissions;
  };

  void run_rounds(const StepProgram& steps, std::span<const KeySlot> only, RowArena& rows);
  [[nodiscard]] ClosingProgram upload(const StepProgram& program, std::span<const KeySlot> only);
  void upload_groups(std::span<const KeySlot> only, ClosingProgram& program);
  void upload_strands(const StepProgram& steps, ClosingProgram& program);
  void cover_columns(std::span<const ColumnStep> steps);
  /// Makes room for every chunk that the program may open.
  void provide_targets(std::span<const ColumnStep> steps, ClosingProgram& program);
  [[nodiscard]] std::size_t count_missing_targets(const ClosingProgram& program);
  void reserve_output();
  [[nodiscard]] bool fit_output(std::size_t rows);
  void launch(const ClosingProgram& program, Half& half);
  [[nodiscard]] ClosingTotals wait();
  void make_room(const ClosingTotals& totals, ClosingProgram& program);
  void download(const ClosingTotals& totals, Half& half);
  /// @param copies the half is written again before the next program: its rows are copied. Else
  ///   they are referred to where they are.
  void read_rows(const ClosingTotals& totals, const Half& half, bool copies, RowArena& rows);
  [[nodiscard]] std::uint64_t bytes_of(const StepProgram& program, std::size_t slots) const;
  void note_columns(std::span<const ColumnStep> steps, bool every_slot);

  RowLayout layout_;
  DeviceState& state_;
  KernelTimes& times_;
  Stream& stream_;
  Stream downloads_;
  MirroredBuffer<ColumnStep> steps_;
  MirroredBuffer<std::uint32_t> strands_;
  MirroredBuffer<SlotGroup> groups_;
  MirroredBuffer<KeySlot> named_;
  MirroredBuffer<ColumnIndex> columns_;
  MirroredBuffer<std::uint64_t> missing_{1};
  MirroredBuffer<ClosingTotals> totals_{1};
  DeviceBuffer<std::uint32_t> progress_;
  std::array<Half, 2> halves_;
  std::vector<ColumnIndex> targets_;  ///< of the program that is run: columns that it may open
  std::vector<ColumnIndex> sources_;  ///< and those that it combines
  std::vector<bool> sealed_;          ///< [column] sealed since it was last empty
};

}  // namespace sluice::cuda
