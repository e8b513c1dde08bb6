#include "ingest/decode/event_extents.hpp"

#include <algorithm>
#include <utility>

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

void EventExtents::keep(const std::uint8_t* keeps) {
  if (runs_.size() == size_) {
    std::size_t kept = 0;
    for (std::size_t event = 0; event < size_; ++event) {
      runs_[kept] = {runs_[event].first, static_cast<std::uint32_t>(kept)};
      kept += keeps[event];
    }
    shrink(kept);
    return;
  }
  // A run may fall into many.
  kept_.clear();
  kept_.swap(runs_);
  const std::size_t events = std::exchange(size_, 0);
  for (std::size_t run = 0; run < kept_.size(); ++run) {
    EventExtent extent = kept_[run].first;
    const std::size_t end = run + 1 < kept_.size() ? kept_[run + 1].first_event : events;
    for (std::size_t event = kept_[run].first_event; event < end;) {
      const std::uint8_t* const behind = std::find(keeps + event, keeps + end, std::uint8_t{0});
      const auto together = static_cast<std::size_t>(behind - keeps) - event;
      if (together > 0) append(extent, together);
      // The one behind them is not kept.
      extent.begin += static_cast<std::uint32_t>(together + 1) * extent.length;
      event += together + 1;
    }
  }
}

}  // namespace sluice
