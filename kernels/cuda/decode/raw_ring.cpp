#include "kernels/cuda/decode/raw_ring.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernels/cuda/batch_view.hpp"

namespace sluice::cuda {

namespace {

constexpr std::uint64_t raw_bit = std::uint64_t{1} << 63;
constexpr std::size_t fewest_slots = 3;
constexpr std::size_t first_extents = 4096;

}  // namespace

RawRing::RawRing(const BackendShape& shape, const ChosenShifts& shifts, KernelTimes& times)
    : shifts_(shifts),
      times_(times),
      plan_(shape.raw->plan),
      limits_(shape),
      filter_(shape.raw->filter ? 1 : 0),
      shapes_(max_shapes),
      asked_(first_extents),
      extents_(first_extents),
      settling_(times, finishing_) {
  const std::size_t slots = std::max(shape.batches_in_flight, fewest_slots);
  slots_.reserve(slots);
  for (std::size_t i = 0; i < slots; ++i) slots_.emplace_back(limits_);
  if (!shape.raw->filter) return;
  filter_.host[0] = *shape.raw->filter;
  filter_.upload(1, decoding_);
  // Read in words, beyond the last event.
  for (RawSlot& slot : slots_) fill_bytes(slot.columns.keep, 0, limits_.events, decoding_);
}

bool RawRing::made(Ticket ticket) noexcept {
  return (static_cast<std::uint64_t>(ticket) & raw_bit) != 0;
}

std::size_t RawRing::device_bytes() const noexcept {
  return slots_.size() * slots_.front().device_bytes() + shapes_.device.bytes() +
         filter_.device.bytes() + asked_.device.bytes() + extents_.device.bytes();
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
  if (limits_.filtered) {
    batch.filter = filter_.device.data();
    batch.filtered_maxima = slot.filtered_maxima.device.data();
    fill_bytes(batch.filtered_maxima, 0, slot.filtered_maxima.device.bytes(), decoding_);
  }
  if (batch.raw.messages.size > 0) launch(slot);
  slot.front.download(1, decoding_);
  slot.filtered_maxima.download(limits_.partitions, decoding_);
  slot.decoded.record(decoding_);
}

void RawRing::launch(RawSlot& slot) {
  if (plan_.lines) {
    times_.start(Stage::find_events, decoding_);
    find_events(slot.raw, decoding_);
    slot.finding_is_timed = times_.stop_uncounted(Stage::find_events, decoding_);
  }
  times_.start(Stage::decode_events, decoding_);
  decode_events(slot.raw, decoding_);
  slot.decoding_is_timed = times_.stop_uncounted(Stage::decode_events, decoding_);
}

/// The text is read twice to find lines, and once to decode them.
void RawRing::count_timed(RawSlot& slot) {
  constexpr std::size_t place_bytes = 2 * sizeof(std::uint32_t);
  const std::uint32_t events = std::min(slot.events(), limits_.events);
  if (std::exchange(slot.finding_is_timed, false)) {
    times_.count(Stage::find_events, events, 2 * slot.raw.raw.size + events * place_bytes);
  }
  if (std::exchange(slot.decoding_is_timed, false)) {
    const std::size_t keep_bytes = limits_.filtered ? 1 : 0;
    times_.count(Stage::decode_events, events,
                 slot.raw.raw.size + events * (slot.event_bytes() + keep_bytes));
  }
  times_.settle();
}

RawOutcome RawRing::decoded(Ticket ticket) {
  RawSlot& slot = this->slot(ticket);
  slot.decoded.synchronize();
  count_timed(slot);
  const DecodeCounts& counts = slot.counts();
  RawOutcome outcome;
  outcome.events = slot.events();
  outcome.refused =
      outcome.events > limits_.events || counts.listed > limits_.listed || counts.quotes != 0;
  if (outcome.refused) return outcome;
  read_list(slot, outcome);
  read_maxima(slot, outcome);
  if (counts.latest != 0) {
    outcome.min_time = unbiased(~counts.earliest);
    outcome.max_time = unbiased(counts.latest);
  }
  return outcome;
}

void RawRing::read_list(RawSlot& slot, RawOutcome& outcome) {
  const std::uint32_t listed = slot.counts().listed;
  const std::uint32_t here = std::min(listed, DecodeFront::short_list);
  const ListedEvent* const first = slot.front.host[0].listed;
  outcome.listed.assign(first, first + here);
  if (listed > here) {
    slot.more_listed.download(listed - here, finishing_);
    finishing_.synchronize();
    const ListedEvent* const more = slot.more_listed.host.begin();
    outcome.listed.insert(outcome.listed.end(), more, more + (listed - here));
  }
  std::ranges::sort(outcome.listed, {}, &ListedEvent::event);
}

void RawRing::read_maxima(const RawSlot& slot, RawOutcome& outcome) {
  outcome.filtered = slot.counts().filtered;
  if (outcome.filtered == 0) return;
  for (std::size_t partition = 0; partition < slot.filtered_maxima.size(); ++partition) {
    const std::uint64_t time = slot.filtered_maxima.host[partition];
    if (time == 0) continue;
    outcome.filtered_maxima.push_back({static_cast<PartitionIndex>(partition), unbiased(time)});
  }
}

std::size_t RawRing::settle(Ticket ticket, const ListedColumns& listed) {
  RawSlot& slot = this->slot(ticket);
  settling_.run(slot, listed);
  return slot.batch.size;
}

std::vector<RawExtent> RawRing::extents(Ticket ticket, std::span<const std::uint32_t> events) {
  RawSlot& slot = this->slot(ticket);
  asked_.reserve(events.size());
  extents_.reserve(events.size());
  std::copy(events.begin(), events.end(), asked_.host.begin());
  asked_.upload(events.size(), finishing_);
  gather_extents(slot.settled, asked_.device.data(), events.size(), extents_.device.data(),
                 finishing_);
  extents_.download(events.size(), finishing_);
  finishing_.synchronize();
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
