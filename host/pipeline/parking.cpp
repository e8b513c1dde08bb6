#include "host/pipeline/parking.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace sluice {
namespace {

void append(DecodedEvents& events, const EventColumns& from, std::uint32_t i) {
  const std::size_t n = events.size++;
  events.time[n] = from.time[i];
  events.min_time = n == 0 ? from.time[i] : std::min(events.min_time, from.time[i]);
  events.max_time = n == 0 ? from.time[i] : std::max(events.max_time, from.time[i]);
  events.partition[n] = from.partition != nullptr ? from.partition[i] : from.single_partition;
  events.one_partition = events.one_partition && events.partition[n] == events.partition[0];
  events.key_low[n] = from.key.low_of(i);
  events.key_high[n] = from.key.high_of(i);
  events.any_key_high = events.any_key_high || events.key_high[n] != 0;
  for (std::uint32_t v = 0; v < from.value_count; ++v) {
    const ValueColumn& column = from.values[v];
    events.values[v][n] = column[i];
    events.valid[v][n] = column.valid != nullptr ? column.valid[i] : std::uint8_t{1};
    events.any_null[v] = events.any_null[v] || events.valid[v][n] == 0;
  }
}

}  // namespace

Parking::Parking(Engine& engine, Backend& backend, Source& source)
    : engine_(engine), backend_(backend), source_(source), parked_in_(source.partitions().size()) {}

std::size_t Parking::paused() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(parked_in_.begin(), parked_in_.end(), [](auto lots) { return lots > 0; }));
}

EventTime Parking::earliest() const noexcept {
  EventTime time = end_of_time;
  for (const Lot& lot : lots_) {
    for (const std::uint32_t event : lot.waiting) time = std::min(time, lot.events.time[event]);
  }
  return time;
}

EventTime Parking::park(const EventColumns& columns, std::span<const std::uint32_t> indices,
                        std::vector<std::string> keys, EventTime now) {
  Lot lot{.events = DecodedEvents(backend_.allocate_staging(DecodedEvents::bytes_needed(
                                      indices.size(), columns.value_count)),
                                  indices.size(), columns.value_count),
          .keys = std::move(keys),
          .now = now,
          .waiting = std::vector<std::uint32_t>(indices.size()),
          .partitions = {},
          .finished = {}};
  for (const std::uint32_t event : indices) append(lot.events, columns, event);
  std::iota(lot.waiting.begin(), lot.waiting.end(), 0u);
  const std::set<PartitionIndex> partitions(lot.events.partition,
                                            lot.events.partition + indices.size());
  lot.partitions.assign(partitions.begin(), partitions.end());
  for (const PartitionIndex partition : lot.partitions) ++parked_in_[partition];
  source_.pause(lot.partitions);
  const EventTime earliest = lot.events.min_time;
  lots_.push_back(std::move(lot));
  return earliest;
}

void Parking::defer_finish(PartitionIndex partition) {
  const auto lot = std::find_if(lots_.rbegin(), lots_.rend(), [&](const Lot& candidate) {
    return std::find(candidate.partitions.begin(), candidate.partitions.end(), partition) !=
           candidate.partitions.end();
  });
  lot->finished.push_back(partition);
}

bool Parking::can_move() const {
  const Watermarks& watermarks = engine_.watermarks();
  for (std::size_t p = 0; p < parked_in_.size(); ++p) {
    const auto partition = static_cast<PartitionIndex>(p);
    if (!watermarks.idle(partition) && !watermarks.finished(partition) && !holds(partition)) {
      return true;
    }
  }
  return false;
}

std::size_t Parking::admit_lot(Lot& lot) {
  const std::size_t before = lot.waiting.size();
  const EngineBatch batch{.ticket = backend_.stage(lot.events.columns()),
                          .size = lot.events.size,
                          .min_time = lot.events.min_time,
                          .max_time = lot.events.max_time,
                          .now = lot.now,
                          .name_keys = [&lot](std::span<const FirstSeenKey> keys, KeyNames& names) {
                            for (const FirstSeenKey& key : keys) {
                              names.set(key.slot, lot.keys[key.event]);
                            }
                          }};
  lot.waiting = engine_.admit(batch, lot.waiting);
  backend_.release(batch.ticket);
  return before - lot.waiting.size();
}

void Parking::leave(const Lot& lot, std::vector<PartitionIndex>& finished) {
  std::vector<PartitionIndex> resumed;
  for (const PartitionIndex partition : lot.partitions) {
    if (--parked_in_[partition] == 0) resumed.push_back(partition);
  }
  source_.resume(resumed);
  finished.insert(finished.end(), lot.finished.begin(), lot.finished.end());
}

std::vector<PartitionIndex> Parking::admit() {
  std::size_t admitted = 0;
  for (Lot& lot : lots_) admitted += admit_lot(lot);
  if (admitted == 0 && !can_move()) {
    for (Lot& lot : lots_) {
      engine_.give_up(lot.waiting.size());
      lot.waiting.clear();
    }
  }
  std::vector<PartitionIndex> finished;
  for (const Lot& lot : lots_) {
    if (lot.waiting.empty()) leave(lot, finished);
  }
  std::erase_if(lots_, [](const Lot& lot) { return lot.waiting.empty(); });
  return finished;
}

}  // namespace sluice
