#include "kernels/cuda/event_parts.hpp"

#include <utility>

namespace sluice::cuda {

bool EventPartsMemory::provide() {
  if (!groups_.empty()) return true;
  try {
    DeviceBuffer<std::uint32_t> groups(max_events_);
    DeviceBuffer<std::uint32_t> sorted_groups(max_events_);
    DeviceBuffer<std::uint64_t> sorted_items(max_events_);
    DeviceBuffer<std::uint32_t> counts(most_parts);
    DeviceBuffer<std::uint32_t> cursors(most_parts);
    DeviceBuffer<std::uint32_t> first_task(most_parts + 1);
    groups_ = std::move(groups);
    sorted_groups_ = std::move(sorted_groups);
    sorted_items_ = std::move(sorted_items);
    counts_ = std::move(counts);
    cursors_ = std::move(cursors);
    first_task_ = std::move(first_task);
  } catch (const OutOfMemory&) {
    return false;
  }
  return true;
}

EventParts EventPartsMemory::ref() noexcept {
  return {.groups = groups_.data(),
          .sorted_groups = sorted_groups_.data(),
          .sorted_items = sorted_items_.data(),
          .counts = counts_.data(),
          .cursors = cursors_.data(),
          .first_task = first_task_.data()};
}

}  // namespace sluice::cuda
