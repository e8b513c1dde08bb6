#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/copy_runs.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cuda {

/// A batch on its way to the device, or there.
struct StagedBatch {
  std::size_t size = 0;
  EventColumns sample;  ///< in host memory: all events, or the times of some
  EventColumns device;  ///< columns that no accumulator reads are nullptr
  Event copied;         ///< when `device` may be read
};

/// The device memory of the batches in flight. Copies run on a stream of their own, beside the
/// kernels that compute an earlier batch; nothing is allocated after the start. Only what a batch
/// uses of its columns travels, in as few copies as it lies in host memory.
class StagingRing {
 public:
  explicit StagingRing(const BackendShape& shape);

  /// Starts the copies; the columns are borrowed until release.
  Ticket stage(const EventColumns& events);
  [[nodiscard]] const StagedBatch& batch(Ticket ticket) const;
  /// Waits for the copies if they are still under way.
  void release(Ticket ticket);

  [[nodiscard]] std::size_t device_bytes() const noexcept;
  /// Bit v: an accumulator reads value column v.
  [[nodiscard]] static std::uint32_t values_read(const RowLayout& layout) noexcept;
  /// Device memory of one batch: for the plan of a job.
  [[nodiscard]] static std::size_t slot_bytes(const BackendShape& shape) noexcept;

 private:
  struct Slot {
    StagedBatch batch;
    DeviceBuffer<std::byte> memory;
    std::uint64_t ticket = 0;
    bool in_use = false;
  };

  [[nodiscard]] const Slot& slot(Ticket ticket) const;
  void find_runs(const EventColumns& events);
  /// Where a column of the batch is on the device.
  template <class T>
  const T* placed(const T* column, const Slot& slot) const;

  std::size_t max_events_;
  std::uint32_t values_read_ = 0;  ///< bit v: an accumulator reads value column v
  CopyRuns runs_;
  Stream stream_;
  std::vector<Slot> slots_;
  std::uint64_t next_ = 0;
};

}  // namespace sluice::cuda
