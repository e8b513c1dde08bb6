#include "kernels/cuda/decode/raw_slot.hpp"

#include <algorithm>

#include "kernels/cuda/copy_runs.hpp"

namespace sluice::cuda {

namespace {

constexpr std::size_t alignment = 256;
/// Of a batch's events, one in as many may be listed.
constexpr std::size_t listed_divisor = 16;

/// Lays arrays out in one piece of memory, or, without any, adds up what they take.
class Layout {
 public:
  explicit Layout(std::byte* memory) : memory_(memory) {}

  template <class T>
  void place(T*& array, std::size_t size) {
    array = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + used_);
    used_ += (size * sizeof(T) + alignment - 1) / alignment * alignment;
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

std::size_t table_bytes(const RawLimits& limits) {
  const std::size_t message =
      sizeof(EventTime) + 3 * sizeof(std::uint32_t) + sizeof(PartitionIndex);
  return CopyRuns::most_bytes(5, limits.messages * message);
}

/// @returns the bytes that it all takes
std::size_t lay_out(RawSlot& slot, const RawLimits& limits, std::byte* memory) {
  Layout layout(memory);
  std::byte* text = nullptr;
  std::byte* table = nullptr;
  layout.place(text, limits.bytes);
  slot.table_offset = layout.used();
  layout.place(table, table_bytes(limits));
  DecodedColumns& columns = slot.columns;
  layout.place(columns.time, limits.events);
  layout.place(columns.key_low, limits.events);
  layout.place(columns.key_high, limits.events);
  layout.place(columns.partition, limits.events);
  layout.place(columns.begin, limits.events);
  layout.place(columns.length, limits.events);
  layout.place(columns.message, limits.events);
  for (std::uint32_t v = 0; v < limits.values; ++v) {
    if ((limits.values_read >> v & 1u) == 0) continue;
    layout.place(columns.values[v], limits.events);
    layout.place(columns.valid[v], limits.events);
  }
  layout.place(slot.line_counts, line_tiles(limits.bytes) + std::size_t{1});
  return layout.used();
}

}  // namespace

RawLimits::RawLimits(const BackendShape& shape)
    : events(static_cast<std::uint32_t>(shape.max_batch_events)),
      listed(static_cast<std::uint32_t>(
          std::max<std::size_t>(shape.max_batch_events / listed_divisor, DecodeFront::short_list))),
      bytes(shape.raw->max_bytes + raw_padding),
      messages(shape.raw->max_messages),
      values(shape.raw->plan.values),
      values_read(StagingRing::values_read(shape.layout)) {}

RawSlot::RawSlot(const RawLimits& limits)
    : front(1),
      more_listed(limits.listed - DecodeFront::short_list + 1),
      patch(limits.listed),
      moves(limits.listed) {
  memory = DeviceBuffer<std::byte>(lay_out(*this, limits, nullptr));
  lay_out(*this, limits, memory.data());
}

std::size_t RawSlot::device_bytes() const noexcept {
  return memory.bytes() + front.device.bytes() + more_listed.device.bytes() + patch.device.bytes() +
         moves.device.bytes();
}

}  // namespace sluice::cuda
