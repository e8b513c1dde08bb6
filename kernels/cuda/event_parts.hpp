#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/plain_pass.hpp"
#include "kernels/cuda/plain_view.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// The plain events of a batch in parts by group: part p has groups [p << shift, (p + 1) << shift).
/// A view of device memory, by value to kernels.
struct EventParts {
  std::uint32_t* groups = nullptr;         ///< [event] or no group
  std::uint32_t* sorted_groups = nullptr;  ///< [event] part by part
  void* sorted_items = nullptr;            ///< [event] the form's items, likewise
  std::uint32_t* counts = nullptr;         ///< [parts] events
  std::uint32_t* cursors = nullptr;        ///< [parts] where the next event of a part goes
  std::uint32_t* first_task = nullptr;     ///< [parts + 1] tasks of the parts before
  std::uint32_t parts = 0;
  std::uint32_t shift = 0;
  std::uint32_t task_events = 0;  ///< of one part that a block sums up at once, at most
  bool in_tables = false;         ///< a part's rows fit into shared memory
};

/// Memory for the events of a batch in parts: about a batch's size, allocated when it is first
/// needed.
class EventPartsMemory {
 public:
  explicit EventPartsMemory(std::size_t max_events) : max_events_(max_events) {}

  /// @returns false when the device has no memory for it.
  [[nodiscard]] bool provide();
  /// Without parts and shift.
  [[nodiscard]] EventParts ref() noexcept;

 private:
  std::size_t max_events_;
  DeviceBuffer<std::uint32_t> groups_;
  DeviceBuffer<std::uint32_t> sorted_groups_;
  DeviceBuffer<std::uint64_t> sorted_items_;
  DeviceBuffer<std::uint32_t> counts_;
  DeviceBuffer<std::uint32_t> cursors_;
  DeviceBuffer<std::uint32_t> first_task_;
};

/// The parts that `view.groups` groups of one grid are cut into. A histogram of them has to fit
/// into shared memory, and the more there are, the shorter are the runs that a block writes at
/// once.
inline constexpr std::uint32_t most_parts = 2048;

/// As accumulate_shared, for batches on one grid: the events are first sorted into parts, then
/// blocks sum each part up in rows of their own. `memory` has been provided.
void accumulate_partitioned(const PlainView& view, RowForm form, const PassResources& resources,
                            EventPartsMemory& memory, Stream& stream);

}  // namespace sluice::cuda
