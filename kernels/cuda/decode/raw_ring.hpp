#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/chosen_shifts.hpp"
#include "kernels/cuda/copy_runs.hpp"
#include "kernels/cuda/decode/batch_settling.hpp"
#include "kernels/cuda/decode/raw_slot.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Raw batches in flight: copied up on one stream, decoded on a second one, settled on a third,
/// beside the kernels that compute an earlier batch. Nothing is allocated after the start but for
/// lists of extents that are longer than any before.
class RawRing final : public RawStaging {
 public:
  /// @param shape with `raw`
  RawRing(const BackendShape& shape, const ChosenShifts& shifts, KernelTimes& times);

  bool ready() const noexcept override { return shifts_.complete(); }
  void take_shapes(std::span<const DocumentShape> shapes) override;
  Ticket stage(const RawEvents& raw) override;
  RawOutcome decoded(Ticket ticket) override;
  std::size_t settle(Ticket ticket, const ListedColumns& listed) override;
  std::vector<RawExtent> extents(Ticket ticket, std::span<const std::uint32_t> events) override;

  [[nodiscard]] const StagedBatch& batch(Ticket ticket) const;
  void release(Ticket ticket);

  [[nodiscard]] std::size_t device_bytes() const noexcept;
  /// Whether a ticket is of this ring.
  [[nodiscard]] static bool made(Ticket ticket) noexcept;

 private:
  [[nodiscard]] RawSlot& slot(Ticket ticket);
  void upload(RawSlot& slot, const RawEvents& raw);
  void decode(RawSlot& slot);
  void launch(RawSlot& slot);
  void count_timed(RawSlot& slot);
  void read_list(RawSlot& slot, RawOutcome& outcome);
  static void read_maxima(const RawSlot& slot, RawOutcome& outcome);

  const ChosenShifts& shifts_;
  KernelTimes& times_;
  DecodePlan plan_;
  RawLimits limits_;
  MirroredBuffer<FilterPlan> filter_;  ///< one, or none
  MirroredBuffer<DocumentShape> shapes_;
  std::uint32_t shape_count_ = 0;
  MirroredBuffer<std::uint32_t> asked_;
  MirroredBuffer<RawExtent> extents_;
  CopyRuns runs_;
  Stream copies_;
  Stream decoding_;
  Stream finishing_;  ///< what is done to decoded batches: never behind the decoding of later ones
  BatchSettling settling_;
  std::vector<RawSlot> slots_;
  std::uint64_t next_ = 0;
};

}  // namespace sluice::cuda
