#include "kernels/cuda/staging_ring.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace sluice::cuda {

namespace {

constexpr std::size_t fewest_slots = 3;

}  // namespace

std::uint32_t StagingRing::values_read(const RowLayout& layout) noexcept {
  std::uint32_t read = 0;
  for (std::uint32_t k = 0; k < layout.count; ++k) read |= 1u << layout.accumulators[k].value;
  return read;
}

std::size_t StagingRing::slot_bytes(const BackendShape& shape) noexcept {
  const auto values = static_cast<std::size_t>(std::popcount(values_read(shape.layout)));
  const std::size_t event_bytes = sizeof(EventTime) + 2 * sizeof(std::uint64_t) +
                                  sizeof(PartitionIndex) +
                                  values * (sizeof(std::int64_t) + sizeof(std::uint8_t));
  return CopyRuns::most_bytes(4 + 2 * values, shape.max_batch_events * event_bytes);
}

StagingRing::StagingRing(const BackendShape& shape)
    : max_events_(shape.max_batch_events), values_read_(values_read(shape.layout)) {
  slots_.resize(std::max(shape.batches_in_flight, fewest_slots));
  for (Slot& slot : slots_) slot.memory = DeviceBuffer<std::byte>(slot_bytes(shape));
}

std::size_t StagingRing::device_bytes() const noexcept {
  return slots_.size() * slots_.front().memory.bytes();
}

void StagingRing::find_runs(const EventColumns& events) {
  const auto add = [&]<class T>(const T* column) { runs_.add(column, events.size * sizeof(T)); };
  runs_.clear();
  add(events.time.wide);
  add(events.time.narrow);
  add(events.partition);
  add(events.key.low);
  add(events.key.high);
  add(events.key.narrow);
  for (std::uint32_t v = 0; v < events.value_count; ++v) {
    if ((values_read_ >> v & 1u) == 0) continue;
    add(events.values[v].bits);
    add(events.values[v].valid);
    add(events.values[v].narrow);
  }
}

template <class T>
const T* StagingRing::placed(const T* column, const Slot& slot) const {
  if (column == nullptr || runs_.runs().empty()) return nullptr;
  return reinterpret_cast<const T*>(slot.memory.data() + runs_.offset_of(column));
}

Ticket StagingRing::stage(const EventColumns& events) {
  assert(events.size <= max_events_);
  const auto free =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.in_use; });
  assert(free != slots_.end());
  Slot& slot = *free;
  slot.in_use = true;
  slot.ticket = next_++ * slots_.size() + static_cast<std::size_t>(free - slots_.begin());
  slot.batch.size = events.size;
  slot.batch.sample = events;
  EventColumns& device = slot.batch.device;
  device = events;
  find_runs(events);
  [[maybe_unused]] const std::size_t bytes = runs_.settle(events.in_one_block);
  assert(bytes <= slot.memory.size());
  for (const CopyRun& run : runs_.runs()) {
    copy_to_device(slot.memory.data() + run.offset, run.host, run.bytes, stream_);
  }
  device.time.wide = placed(events.time.wide, slot);
  device.time.narrow = placed(events.time.narrow, slot);
  device.partition = placed(events.partition, slot);
  device.key = {placed(events.key.low, slot), placed(events.key.high, slot),
                placed(events.key.narrow, slot)};
  for (std::uint32_t v = 0; v < max_values; ++v) {
    device.values[v] = {};
    if (v >= events.value_count || (values_read_ >> v & 1u) == 0) continue;
    device.values[v] = {placed(events.values[v].bits, slot), placed(events.values[v].valid, slot),
                        placed(events.values[v].narrow, slot)};
  }
  slot.batch.copied.record(stream_);
  return Ticket{slot.ticket};
}

const StagingRing::Slot& StagingRing::slot(Ticket ticket) const {
  const auto number = static_cast<std::uint64_t>(ticket);
  const Slot& slot = slots_[number % slots_.size()];
  assert(slot.in_use && slot.ticket == number);
  return slot;
}

const StagedBatch& StagingRing::batch(Ticket ticket) const { return slot(ticket).batch; }

void StagingRing::release(Ticket ticket) {
  const Slot& staged = slot(ticket);
  // The caller's memory is borrowed no longer than this call.
  if (!staged.batch.copied.ready()) staged.batch.copied.synchronize();
  slots_[static_cast<std::uint64_t>(ticket) % slots_.size()].in_use = false;
}

}  // namespace sluice::cuda
