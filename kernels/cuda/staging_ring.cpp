#include "kernels/cuda/staging_ring.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace sluice::cuda {

namespace {

constexpr std::size_t fewest_slots = 3;
constexpr std::size_t alignment = 256;

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

std::size_t slot_bytes(std::size_t events, std::size_t values) {
  return 3 * aligned(events * sizeof(std::uint64_t)) + aligned(events * sizeof(PartitionIndex)) +
         values * (aligned(events * sizeof(std::int64_t)) + aligned(events));
}

}  // namespace

StagingRing::StagingRing(const BackendShape& shape) : max_events_(shape.max_batch_events) {
  for (std::uint32_t k = 0; k < shape.layout.count; ++k) {
    values_read_ |= 1u << shape.layout.accumulators[k].value;
  }
  const auto values = static_cast<std::size_t>(std::popcount(values_read_));
  slots_.resize(std::max(shape.batches_in_flight, fewest_slots));
  for (Slot& slot : slots_) {
    slot.memory = DeviceBuffer<std::byte>(slot_bytes(max_events_, values));
  }
}

template <class T>
const T* StagingRing::copy(const T* column, std::size_t size, Slot& slot, std::size_t& used) {
  if (column == nullptr) return nullptr;
  auto* const target = reinterpret_cast<T*>(slot.memory.data() + used);
  copy_to_device(target, column, size, stream_);
  used += aligned(size * sizeof(T));
  return target;
}

Ticket StagingRing::stage(const EventColumns& events) {
  assert(events.size <= max_events_);
  const auto free =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& s) { return !s.in_use; });
  assert(free != slots_.end());
  Slot& slot = *free;
  slot.in_use = true;
  slot.ticket = next_++ * slots_.size() + static_cast<std::size_t>(free - slots_.begin());
  slot.batch.host = events;
  EventColumns& device = slot.batch.device;
  device = events;
  std::size_t used = 0;
  device.time.wide = copy(events.time.wide, events.size, slot, used);
  device.time.narrow = copy(events.time.narrow, events.size, slot, used);
  device.partition = copy(events.partition, events.size, slot, used);
  device.key = {copy(events.key.low, events.size, slot, used),
                copy(events.key.high, events.size, slot, used),
                copy(events.key.narrow, events.size, slot, used)};
  for (std::uint32_t v = 0; v < max_values; ++v) {
    device.values[v] = {};
    if (v >= events.value_count || (values_read_ >> v & 1u) == 0) continue;
    device.values[v] = {copy(events.values[v].bits, events.size, slot, used),
                        copy(events.values[v].valid, events.size, slot, used),
                        copy(events.values[v].narrow, events.size, slot, used)};
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
