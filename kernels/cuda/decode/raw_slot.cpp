#include "kernels/cuda/decode/raw_slot.hpp"

#include <algorithm>

#include "kernels/cuda/copy_runs.hpp"

namespace sluice::cuda {

namespace {

constexpr std::size_t alignment = 256;
static_assert(most_listed(0) >= DecodeFront::short_list);

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

void place_columns(Layout& layout, const RawLimits& limits, DecodedColumns& columns) {
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
}

/// @returns the bytes that it all takes
std::size_t lay_out(RawSlot& slot, const RawLimits& limits, std::byte* memory) {
  Layout layout(memory);
  std::byte* text = nullptr;
  std::byte* table = nullptr;
  layout.place(text, limits.bytes);
  slot.table_offset = layout.used();
  layout.place(table, table_bytes(limits));
  place_columns(layout, limits, slot.columns);
  if (limits.filtered) {
    layout.place(slot.columns.keep, limits.events);
    place_columns(layout, limits, slot.kept);
    layout.place(slot.kept_counts, kept_tiles(limits.events));
  }
  layout.place(slot.line_counts, line_tiles(limits.bytes) + std::size_t{1});
  return layout.used();
}

}  // namespace

RawLimits::RawLimits(const BackendShape& shape)
    : events(static_cast<std::uint32_t>(shape.max_batch_events)),
      listed(static_cast<std::uint32_t>(most_listed(shape.max_batch_events))),
      bytes(shape.raw->max_bytes + raw_padding),
      messages(shape.raw->max_messages),
      values(shape.raw->plan.values),
      values_read(StagingRing::values_read(shape.layout)),
      filtered(shape.raw->filter.has_value()),
      partitions(filtered ? shape.raw->partitions : 0) {}

RawSlot::RawSlot(const RawLimits& limits)
    : front(1),
      more_listed(limits.listed - DecodeFront::short_list + 1),
      patch(limits.listed),
      moves(limits.listed),
      filtered_maxima(limits.partitions) {
  memory = DeviceBuffer<std::byte>(lay_out(*this, limits, nullptr));
  lay_out(*this, limits, memory.data());
}

std::size_t RawSlot::device_bytes() const noexcept {
  return memory.bytes() + front.device.bytes() + more_listed.device.bytes() + patch.device.bytes() +
         moves.device.bytes() + filtered_maxima.device.bytes();
}

std::uint32_t RawSlot::events() const noexcept {
  if (raw.plan.format == RawFormat::rows) return raw.raw.rows;
  return raw.plan.lines ? counts().events : raw.raw.messages.size;
}

std::size_t RawSlot::event_bytes() const noexcept {
  std::size_t bytes = sizeof(EventTime) + sizeof(KeyIdentity) + 3 * sizeof(std::uint32_t);
  if (raw.columns.partition != nullptr) bytes += sizeof(PartitionIndex);
  for (const std::int64_t* const values : raw.columns.values) {
    if (values != nullptr) bytes += sizeof(std::int64_t) + sizeof(std::uint8_t);
  }
  return bytes;
}

}  // namespace sluice::cuda
