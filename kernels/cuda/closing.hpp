#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/backend.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/close.hpp"
#include "kernels/cuda/device_state.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Runs closing programs over the pane table and brings emitted rows down. One launch does a whole
/// program unless the pool or the output runs out; then blocks stop where they are, the host makes
/// room, and another launch goes on.
class Closing {
 public:
  Closing(const RowLayout& layout, DeviceState& state, KernelTimes& times, Stream& stream);

  /// As Backend::run. @throws StateFull
  void run(std::span<const ColumnStep> steps, std::span<const KeySlot> only,
           std::span<WindowRows> outputs);

 private:
  [[nodiscard]] ClosingProgram upload(std::span<const ColumnStep> steps,
                                      std::span<const KeySlot> only);
  void cover_columns(std::span<const ColumnStep> steps);
  [[nodiscard]] ClosingOutput prepare_output();
  [[nodiscard]] std::uint64_t bytes_of(std::span<const ColumnStep> steps, std::size_t slots) const;
  void read_rows(const ClosingTotals& totals, std::span<WindowRows> outputs);
  void note_columns(std::span<const ColumnStep> steps, bool every_slot);

  RowLayout layout_;
  DeviceState& state_;
  KernelTimes& times_;
  Stream& stream_;
  MirroredBuffer<ColumnStep> steps_;
  MirroredBuffer<SlotGroup> groups_;
  MirroredBuffer<KeySlot> named_;
  MirroredBuffer<ClosingTotals> totals_{1};
  DeviceBuffer<std::uint32_t> progress_;
  DeviceBuffer<std::uint32_t> freed_;
  MirroredBuffer<KeySlot> slots_;
  MirroredBuffer<std::uint64_t> words_;
  MirroredBuffer<Emission> emissions_;
};

}  // namespace sluice::cuda
