#include "ingest/filter/event_filter.hpp"

#include <algorithm>

namespace sluice {

void EventFilter::apply(DecodedEvents& events, std::span<const FilterColumn> fields, EventTime now,
                        FilteredEvents& filtered) {
  filtered.clear();
  if (events.size == 0) return;
  keeps_.resize(std::max(keeps_.size(), events.size));
  std::size_t kept = filter_.judge(events.columns(), fields, keeps_.data());
  if (max_future_ && events.max_time > now + *max_future_) {
    kept = 0;
    for (std::size_t event = 0; event < events.size; ++event) {
      keeps_[event] |= static_cast<std::uint8_t>(events.time[event] > now + *max_future_);
      kept += keeps_[event];
    }
  }
  filtered.count = events.size - kept;
  if (filtered.count == 0) return;
  note_maxima(events, filtered);
  events.keep(keeps_.data());
}

void EventFilter::note_maxima(const DecodedEvents& events, FilteredEvents& filtered) {
  maxima_.clear();
  const auto note = [this](PartitionIndex partition, EventTime time) {
    if (partition >= maxima_.size()) maxima_.resize(std::size_t{partition} + 1, start_of_time);
    maxima_[partition] = std::max(maxima_[partition], time);
  };
  if (events.one_partition) {
    EventTime maximum = start_of_time;
    const EventTime* const time = events.time;
    const std::uint8_t* const keeps = keeps_.data();
    for (std::size_t event = 0; event < events.size; ++event) {
      const EventTime candidate = time[event];
      maximum = std::max(maximum, keeps[event] != 0 ? start_of_time : candidate);
    }
    filtered.maxima.push_back({events.partition[0], maximum});
    return;
  }
  for (std::size_t event = 0; event < events.size; ++event) {
    if (keeps_[event] == 0) note(events.partition[event], events.time[event]);
  }
  for (std::size_t partition = 0; partition < maxima_.size(); ++partition) {
    if (maxima_[partition] == start_of_time) continue;
    filtered.maxima.push_back({static_cast<PartitionIndex>(partition), maxima_[partition]});
  }
}

}  // namespace sluice
