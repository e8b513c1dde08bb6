#include "ingest/decode/event_extents.hpp"

#include <algorithm>

namespace sluice {

EventExtent EventExtents::operator[](std::size_t event) const noexcept {
  assert(event < size_);
  if (runs_.size() == size_) return runs_[event].first;
  const auto behind = std::ranges::upper_bound(runs_, event, {}, &Run::first_event);
  const Run& run = *(behind - 1);
  EventExtent extent = run.first;
  extent.begin += static_cast<std::uint32_t>(event - run.first_event) * extent.length;
  return extent;
}

void EventExtents::shrink(std::size_t size) noexcept {
  assert(size <= size_);
  const auto behind = std::ranges::lower_bound(runs_, size, {}, &Run::first_event);
  runs_.erase(behind, runs_.end());
  size_ = size;
}

}  // namespace sluice
