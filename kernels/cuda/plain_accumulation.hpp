#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/device_state.hpp"
#include "kernels/cuda/event_parts.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/path_choice.hpp"
#include "kernels/cuda/plain_pass.hpp"
#include "kernels/cuda/plain_range.hpp"
#include "kernels/cuda/plain_view.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/cuda/staging_ring.hpp"
#include "kernels/cuda/sum_bounds.hpp"

namespace sluice::cuda {

/// The host's side of the plain pass: finds out what is plain in a batch, opens the chunks of panes
/// that it is about to touch, chooses the path and the specialised kernel.
class PlainAccumulation {
 public:
  PlainAccumulation(const BackendShape& shape, DeviceState& state, KernelTimes& times,
                    Stream& stream);

  /// Starts the pass over a staged batch. @returns false when no event can be plain, and nothing
  /// was started.
  bool start(const StagedBatch& batch, const BatchLimits& limits, const Shifts& shifts,
             const BatchLists& lists);

  /// Takes in what the pass found, before another pass takes chunks.
  void settle(const PlainTotals& totals);

  /// The batch is done: values of at most totals.magnitude have been added, also by the rounds, if
  /// there were any.
  void finish(std::size_t events, const BatchLimits& limits, const PlainTotals& totals,
              bool had_rounds);

  /// The rows of all columns may be any.
  void forget() noexcept { bounds_.forget(); }

  [[nodiscard]] AccumulatePath path() const noexcept { return choice_.path(); }
  [[nodiscard]] std::uint64_t path_switches() const noexcept { return choice_.switches(); }

 private:
  void set_grids(const BatchLimits& limits, const PlainRange& range);
  void open_ahead(const BatchLimits& limits, const PlainRange& range, std::size_t events,
                  const BatchLists& lists);
  void bound_sums(std::size_t events);
  void launch(std::size_t events);
  [[nodiscard]] PathLoad load_of(std::size_t events, RowForm form) const;

  DeviceState& state_;
  KernelTimes& times_;
  Stream& stream_;
  const RowLayout layout_;
  PassResources resources_;
  std::size_t l2_bytes_;
  PathChoice choice_;
  EventPartsMemory parts_;
  SumBounds bounds_;
  std::uint64_t magnitude_ = 0;  ///< of the last batch with sums
  std::uint64_t touched_ = 0;    ///< by a block with private tables, in the last batch

  PlainView view_;
  RowForm form_ = RowForm::general;
  bool measured_ = true;  ///< PlainTotals::magnitude is that of all values of the last batch
  bool too_many_pairs_ = false;
  unsigned private_blocks_ = 1;
  MirroredBuffer<ColumnIndex> columns_;  ///< of the panes of all grids
  std::vector<ColumnIndex> uploaded_;    ///< what columns_.device holds
  MirroredBuffer<ColumnIndex> opening_;
  std::vector<std::uint32_t> open_chunks_;  ///< [column] its first ones that have been opened ahead
};

}  // namespace sluice::cuda
