#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/backend.hpp"
#include "kernels/cuda/decode/raw_slot.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Makes decoded batches complete: what the host made of the listed events goes into their places,
/// those of events that are none are closed, and the columns are shown to accumulate.
class BatchSettling {
 public:
  BatchSettling(KernelTimes& times, Stream& stream) : times_(times), stream_(stream) {}

  void run(RawSlot& slot, const ListedColumns& listed);

 private:
  static void write_patches(RawSlot& slot, const ListedColumns& listed);
  [[nodiscard]] static std::size_t find_moves(RawSlot& slot,
                                              std::span<const std::uint32_t> dropped);
  void compact(RawSlot& slot);
  static void publish(RawSlot& slot, const ListedColumns& listed);

  KernelTimes& times_;
  Stream& stream_;
};

}  // namespace sluice::cuda
