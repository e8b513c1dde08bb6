#include "kernels/cuda/decode/batch_settling.hpp"

#include <algorithm>
#include <cassert>

namespace sluice::cuda {

void BatchSettling::run(RawSlot& slot, const ListedColumns& listed) {
  const std::uint32_t filtered = slot.counts().filtered;
  slot.settled = slot.raw.columns;
  slot.batch.size = slot.events() - filtered - listed.dropped.size();
  write_patches(slot, listed);
  const std::size_t moves = filtered == 0 ? find_moves(slot, listed.dropped) : 0;
  if (listed.events.size + moves > 0) {
    times_.start(Stage::patch_events, stream_);
    slot.patch.upload(listed.events.size, stream_);
    slot.moves.upload(moves, stream_);
    patch_events(slot.raw.columns, slot.patch.device.data(), listed.events.size, stream_);
    move_events(slot.raw.columns, slot.moves.device.data(), moves, stream_);
    const std::size_t bytes = slot.event_bytes();
    times_.stop(Stage::patch_events, stream_, listed.events.size + moves,
                listed.events.size * (sizeof(PatchedEvent) + bytes) + moves * 2 * bytes);
  }
  if (filtered > 0) compact(slot);
  publish(slot, listed);
  slot.batch.copied.record(stream_);
}

void BatchSettling::write_patches(RawSlot& slot, const ListedColumns& listed) {
  const EventColumns& events = listed.events;
  assert(listed.places.size() == events.size && events.size <= slot.patch.size());
  for (std::size_t i = 0; i < events.size; ++i) {
    PatchedEvent& event = slot.patch.host[i];
    event = {.place = listed.places[i],
             .length = listed.lengths[i],
             .time = events.time[i],
             .key_low = events.key.low_of(i),
             .key_high = events.key.high_of(i)};
    for (std::uint32_t v = 0; v < events.value_count; ++v) {
      const ValueColumn& column = events.values[v];
      event.values[v] = column[i];
      if (column.valid != nullptr && column.valid[i] == 0) event.nulls |= 1u << v;
    }
  }
}

/// The last events take the places of those that are none. @returns how many do
std::size_t BatchSettling::find_moves(RawSlot& slot, std::span<const std::uint32_t> dropped) {
  std::size_t moves = 0;
  auto last_gap = dropped.rbegin();
  std::uint32_t last = slot.events();
  for (const std::uint32_t gap : dropped) {
    if (gap >= slot.batch.size) break;
    for (--last; last_gap != dropped.rend() && *last_gap == last; ++last_gap) --last;
    slot.moves.host[moves++] = {last, gap};
  }
  return moves;
}

/// Where a filter took events out, all the others move up.
void BatchSettling::compact(RawSlot& slot) {
  slot.settled = slot.kept;
  if (slot.raw.columns.partition == nullptr) slot.settled.partition = nullptr;
  if (slot.batch.size == 0) return;
  const std::uint32_t events = slot.events();
  times_.start(Stage::compact_events, stream_);
  compact_events({slot.raw.columns, slot.settled, events, slot.kept_counts}, stream_);
  times_.stop(Stage::compact_events, stream_, events,
              2 * (events + slot.batch.size * slot.event_bytes()));
}

void BatchSettling::publish(RawSlot& slot, const ListedColumns& listed) {
  const DecodeCounts& counts = slot.counts();
  const DecodedColumns& columns = slot.settled;
  const DecodePlan& plan = slot.raw.plan;
  EventColumns& device = slot.batch.device;
  device = {};
  device.size = slot.batch.size;
  device.time.wide = columns.time;
  device.partition = columns.partition;
  device.single_partition = slot.raw.raw.messages.single_partition;
  const bool high = counts.key_high != 0 || listed.events.key.high != nullptr;
  device.key = {columns.key_low, high ? columns.key_high : nullptr, nullptr};
  device.value_count = plan.values;
  for (std::uint32_t v = 0; v < plan.values; ++v) {
    const bool nulls = (counts.nulls >> v & 1u) != 0 || listed.events.values[v].valid != nullptr;
    device.values[v] = {columns.values[v], nulls ? columns.valid[v] : nullptr, nullptr};
  }
  // Times of events that the host decoded are not among the samples: they are few.
  EventTime* const times = slot.front.host[0].times;
  EventTime* const end = std::remove(times, times + most_time_samples, start_of_time);
  slot.batch.sample = {};
  slot.batch.sample.size = slot.batch.size == 0 ? 0 : static_cast<std::size_t>(end - times);
  slot.batch.sample.time.wide = times;
}

}  // namespace sluice::cuda
