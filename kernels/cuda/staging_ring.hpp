#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cuda {

/// A batch on its way to the device, or there.
struct StagedBatch {
  EventColumns host;
  EventColumns device;  ///< columns that no accumulator reads are nullptr
  Event copied;         ///< when `device` may be read
};

/// The device memory of the batches in flight. Copies run on a stream of their own, beside the
/// kernels that compute an earlier batch; nothing is allocated after the start.
class StagingRing {
 public:
  explicit StagingRing(const BackendShape& shape);

  /// Starts the copies; the columns are borrowed until release.
  Ticket stage(const EventColumns& events);
  [[nodiscard]] const StagedBatch& batch(Ticket ticket) const;
  /// Waits for the copies if they are still under way.
  void release(Ticket ticket);

 private:
  struct Slot {
    StagedBatch batch;
    DeviceBuffer<std::byte> memory;
    std::uint64_t ticket = 0;
    bool in_use = false;
  };

  [[nodiscard]] const Slot& slot(Ticket ticket) const;
  template <class T>
  const T* copy(const T* column, std::size_t size, Slot& slot, std::size_t& used);

  std::size_t max_events_;
  std::uint32_t values_read_ = 0;  ///< bit v: an accumulator reads value column v
  Stream stream_;
  std::vector<Slot> slots_;
  std::uint64_t next_ = 0;
};

}  // namespace sluice::cuda
