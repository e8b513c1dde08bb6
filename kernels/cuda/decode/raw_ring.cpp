#include "kernels/cuda/decode/raw_ring.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/cuda/batch_view.hpp"

namespace sluice::cuda {

namespace {

constexpr std::uint64_t raw_bit = std::uint64_t{1} << 63;
constexpr std::size_t fewest_slots = 3;
constexpr std::size_t first_extents = 4096;

}  // namespace

RawRing::RawRing(const BackendShape& shape, const ChosenShifts& shifts)
    : shifts_(shifts),
      plan_(shape.raw->plan),
      limits_(shape),
      shapes_(max_shapes),
      asked_(first_extents),
      extents_(first_extents) {
  const std::size_t slots = std::max(shape.batches_in_flight, fewest_slots);
  slots_.reserve(slots);
  for (std::size_t i = 0; i < slots; ++i) slots_.emplace_back(limits_);
}

bool RawRing::made(Ticket ticket) noexcept {
  return (static_cast<std::uint64_t>(ticket) & raw_bit) != 0;
}

std::size_t RawRing::device_bytes() const noexcept {
  return slots_.size() * slots_.front().device_bytes() + shapes_.device.bytes() +
         asked_.device.bytes() + extents_.device.bytes();
}

void RawRing::take_shapes(std::span<const DocumentShape> shapes) {
  assert(shapes.size() <= max_shapes);
  decoding_.synchronize();  // the host's copy may still be on its way
  std::copy(shapes.begin(), shapes.end(), shapes_.host.begin());
  shapes_.upload(shapes.size(), decoding_);
  shape_count_ = static_cast<std::uint32_t>(shapes.size());
}

Ticket RawRing::stage(const RawEvents& raw) {
  assert(raw.size + raw_padding <= limits_.bytes && raw.messages.size <= limits_.messages);
  const auto free =
      std::find_if(slots_.begin(), slots_.end(), [](const RawSlot& s) { return !s.in_use; });
  assert(free != slots_.end());
  free->in_use = true;
  free->ticket =
      raw_bit | (next_++ * slots_.size() + static_cast<std::size_t>(free - slots_.begin()));
  upload(*free, raw);
  decode(*free);
  return Ticket{free->ticket};
}

void RawRing::upload(RawSlot& slot, const RawEvents& raw) {
  const RawMessages& host = raw.messages;
  const auto add = [&]<class T>(const T* column) { runs_.add(column, host.size * sizeof(T)); };
  runs_.clear();
  add(host.begin);
  add(host.length);
  add(host.first_event);
  add(host.partition);
  add(host.timestamp);
  runs_.settle(true);
  // With the padding, which is read, though nothing depends on it.
  if (raw.size > 0) copy_bytes_to_device(slot.bytes(), raw.bytes, raw.size + raw_padding, copies_);
  for (const CopyRun& run : runs_.runs()) {
    copy_to_device(slot.table() + run.offset, run.host, run.bytes, copies_);
  }
  const auto placed = [&]<class T>(const T* column) {
    const bool none = column == nullptr || host.size == 0;
    return none ? nullptr : reinterpret_cast<const T*>(slot.table() + runs_.offset_of(column));
  };
  slot.raw = {};
  slot.raw.plan = plan_;
  slot.raw.raw = raw;
  slot.raw.raw.bytes = slot.bytes();
  RawMessages& messages = slot.raw.raw.messages;
  messages.begin = placed(host.begin);
  messages.length = placed(host.length);
  messages.first_event = placed(host.first_event);
  messages.partition = placed(host.partition);
  messages.timestamp = placed(host.timestamp);
  slot.uploaded.record(copies_);
}

void RawRing::decode(RawSlot& slot) {
  RawBatch& batch = slot.raw;
  batch.shapes = shapes_.device.data();
  batch.shape_count = shape_count_;
  batch.capacity = limits_.events;
  batch.columns = slot.columns;
  if (batch.raw.messages.partition == nullptr) batch.columns.partition = nullptr;
  batch.front = slot.front.device.data();
  batch.more_listed = slot.more_listed.device.data();
  batch.more_capacity = limits_.listed - DecodeFront::short_list;
  batch.line_counts = slot.line_counts;
  decoding_.wait(slot.uploaded);
  fill_bytes(batch.front, 0, sizeof(DecodeFront), decoding_);
  if (batch.raw.messages.size > 0) {
    find_events(batch, decoding_);
    decode_events(batch, decoding_);
  }
  slot.front.download(1, decoding_);
  slot.decoded.record(decoding_);
}

std::uint32_t RawRing::events_of(const RawSlot& slot) const {
  if (plan_.format == RawFormat::rows) return slot.raw.raw.rows;
  return plan_.lines ? slot.front.host[0].counts.events : slot.raw.raw.messages.size;
}

RawOutcome RawRing::decoded(Ticket ticket) {
  RawSlot& slot = this->slot(ticket);
  slot.decoded.synchronize();
  const DecodeCounts& counts = slot.front.host[0].counts;
  RawOutcome outcome;
  outcome.events = events_of(slot);
  outcome.refused =
      outcome.events > limits_.events || counts.listed > limits_.listed || counts.quotes != 0;
  if (outcome.refused) return outcome;
  read_list(slot, outcome);
  if (counts.latest != 0) {
    outcome.min_time = unbiased(~counts.earliest);
    outcome.max_time = unbiased(counts.latest);
  }
  return outcome;
}

void RawRing::read_list(RawSlot& slot, RawOutcome& outcome) {
  const std::uint32_t listed = slot.front.host[0].counts.listed;
  const std::uint32_t here = std::min(listed, DecodeFront::short_list);
  const ListedEvent* const first = slot.front.host[0].listed;
  outcome.listed.assign(first, first + here);
  if (listed > here) {
    slot.more_listed.download(listed - here, decoding_);
    decoding_.synchronize();
    const ListedEvent* const more = slot.more_listed.host.begin();
    outcome.listed.insert(outcome.listed.end(), more, more + (listed - here));
  }
  std::ranges::sort(outcome.listed, {}, &ListedEvent::event);
}

std::size_t RawRing::settle(Ticket ticket, const ListedColumns& listed) {
  RawSlot& slot = this->slot(ticket);
  patch(slot, listed);
  close_gaps(slot, listed);
  publish(slot, listed);
  slot.batch.copied.record(decoding_);
  return slot.batch.size;
}

void RawRing::patch(RawSlot& slot, const ListedColumns& listed) {
  const EventColumns& events = listed.events;
  assert(listed.places.size() == events.size && events.size <= limits_.listed);
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
  slot.patch.upload(events.size, decoding_);
  patch_events(slot.raw.columns, slot.patch.device.data(), events.size, decoding_);
}

/// The last events take the places of those that are none.
void RawRing::close_gaps(RawSlot& slot, const ListedColumns& listed) {
  const std::span<const std::uint32_t> dropped = listed.dropped;
  const std::uint32_t events = events_of(slot);
  const auto size = static_cast<std::uint32_t>(events - dropped.size());
  std::size_t moves = 0;
  auto last_gap = dropped.rbegin();
  std::uint32_t last = events;
  for (const std::uint32_t gap : dropped) {
    if (gap >= size) break;
    for (--last; last_gap != dropped.rend() && *last_gap == last; ++last_gap) --last;
    slot.moves.host[moves++] = {last, gap};
  }
  slot.moves.upload(moves, decoding_);
  move_events(slot.raw.columns, slot.moves.device.data(), moves, decoding_);
  slot.batch.size = size;
}

void RawRing::publish(RawSlot& slot, const ListedColumns& listed) {
  const DecodeFront& front = slot.front.host[0];
  const DecodedColumns& columns = slot.raw.columns;
  EventColumns& device = slot.batch.device;
  device = {};
  device.size = slot.batch.size;
  device.time.wide = columns.time;
  device.partition = columns.partition;
  device.single_partition = slot.raw.raw.messages.single_partition;
  const bool high = front.counts.key_high != 0 || listed.events.key.high != nullptr;
  device.key = {columns.key_low, high ? columns.key_high : nullptr, nullptr};
  device.value_count = plan_.values;
  for (std::uint32_t v = 0; v < plan_.values; ++v) {
    const bool nulls =
        (front.counts.nulls >> v & 1u) != 0 || listed.events.values[v].valid != nullptr;
    device.values[v] = {columns.values[v], nulls ? columns.valid[v] : nullptr, nullptr};
  }
  // Times of events that the host decoded are not among the samples: they are few.
  EventTime* const times = slot.front.host[0].times;
  EventTime* const end = std::remove(times, times + most_time_samples, start_of_time);
  slot.batch.sample = {};
  slot.batch.sample.size = slot.batch.size == 0 ? 0 : static_cast<std::size_t>(end - times);
  slot.batch.sample.time.wide = times;
}

std::vector<RawExtent> RawRing::extents(Ticket ticket, std::span<const std::uint32_t> events) {
  RawSlot& slot = this->slot(ticket);
  asked_.reserve(events.size());
  extents_.reserve(events.size());
  std::copy(events.begin(), events.end(), asked_.host.begin());
  asked_.upload(events.size(), decoding_);
  gather_extents(slot.raw.columns, asked_.device.data(), events.size(), extents_.device.data(),
                 decoding_);
  extents_.download(events.size(), decoding_);
  decoding_.synchronize();
  return {extents_.host.begin(), extents_.host.begin() + events.size()};
}

RawSlot& RawRing::slot(Ticket ticket) {
  const auto number = static_cast<std::uint64_t>(ticket);
  RawSlot& slot = slots_[(number & ~raw_bit) % slots_.size()];
  assert(slot.in_use && slot.ticket == number);
  return slot;
}

const StagedBatch& RawRing::batch(Ticket ticket) const {
  const auto number = static_cast<std::uint64_t>(ticket) & ~raw_bit;
  return slots_[number % slots_.size()].batch;
}

void RawRing::release(Ticket ticket) {
  RawSlot& slot = this->slot(ticket);
  // The caller's memory is borrowed no longer than this call.
  if (!slot.decoded.ready()) slot.decoded.synchronize();
  if (!slot.batch.copied.ready()) slot.batch.copied.synchronize();
  slot.in_use = false;
}

}  // namespace sluice::cuda
