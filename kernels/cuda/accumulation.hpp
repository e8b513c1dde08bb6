#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/backend.hpp"
#include "kernels/cuda/accumulate.hpp"
#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/device_state.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/plain_accumulation.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/cuda/staging_ring.hpp"

namespace sluice::cuda {

/// Takes batches into the state. One pass takes the plain events, which are nearly all of most
/// batches. What it leaves over is judged; then rounds of kernels resolve keys, open chunks and
/// accumulate. The first round does everything unless the dictionary or the pool runs out; then the
/// host, which waits once a round, makes room and sends a round over what is left.
class Accumulation {
 public:
  Accumulation(const BackendShape& shape, DeviceState& state, KernelTimes& times, Stream& stream);

  BatchReport run(const StagedBatch& batch, const BatchLimits& limits,
                  std::span<const std::uint32_t> only, const Shifts& shifts);

  /// The state's rows have been replaced.
  void forget_rows() noexcept { plain_.forget(); }

  [[nodiscard]] AccumulatePath path() const noexcept { return plain_.path(); }
  [[nodiscard]] std::uint64_t path_switches() const noexcept { return plain_.path_switches(); }

 private:
  static constexpr std::size_t most_partitions = std::size_t{1} << 16;

  /// The start of this comes down after every round: the counters and a few maxima.
  struct Front {
    BatchCounters counters;
    PartitionMaximum maxima[most_partitions];
  };

  void prepare(const StagedBatch& batch, const BatchLimits& limits);
  /// Cuts the batch's view down to what the plain pass leaves over.
  void take_plain(const StagedBatch& batch, const BatchLimits& limits, const Shifts& shifts,
                  BatchView& view);
  void upload_selection(std::span<const std::uint32_t> only, BatchView& view);
  void run_rounds(BatchView& view, bool with_maxima, const Shifts& shifts, BatchReport& report);
  void upload_columns(BatchLimits& limits);
  void judge(const BatchView& view, bool with_maxima);
  void run_round(const BatchView& view, const Shifts& shifts);
  void read_front(std::size_t maxima);
  /// Takes in what the round did and makes room. @returns how many events the next round is for;
  /// they are in selection_.
  std::size_t settle_round(std::size_t slots_before, BatchReport& report);
  void take_first_seen(std::size_t count, BatchReport& report);
  void park(const DeviceBuffer<std::uint32_t>& events, std::size_t count, BatchReport& report);
  void read_lists(const StagedBatch& batch, const BatchLimits& limits, BatchReport& report);
  void add_corrections(const BatchLimits& limits, std::size_t count, BatchReport& report) const;

  DeviceState& state_;
  KernelTimes& times_;
  Stream& stream_;
  std::uint64_t row_bytes_;  ///< of a row's hot part
  PlainAccumulation plain_;

  std::size_t maxima_expected_ = 64;
  BatchLists lists_;

  MirroredBuffer<Front> front_{1};
  MirroredBuffer<ColumnIndex> pane_columns_;
  MirroredBuffer<std::uint32_t> selection_;
  DeviceBuffer<std::uint32_t> slots_;
  DeviceBuffer<std::uint32_t> not_plain_;
  DeviceBuffer<std::uint32_t> unplaced_;
  DeviceBuffer<std::uint32_t> starved_;
  PinnedBuffer<std::uint32_t> left_over_;
  MirroredBuffer<std::uint32_t> late_;
  MirroredBuffer<std::uint32_t> parked_;
  MirroredBuffer<CorrectedEvent> corrections_;
  DeviceBuffer<KeyClaim> claims_;
  MirroredBuffer<FirstSeenKey> first_seen_;
  DeviceBuffer<std::uint64_t> wanted_;
  MirroredBuffer<ColumnIndex> columns_;

  DeviceBuffer<std::uint64_t> partition_maxima_{most_partitions};
  DeviceBuffer<PartitionIndex> partitions_{most_partitions};
};

}  // namespace sluice::cuda
