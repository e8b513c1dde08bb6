#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/decode/compact_events.hpp"
#include "kernels/cuda/decode/decode_events.hpp"
#include "kernels/cuda/decode/patch_events.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/cuda/staging_ring.hpp"

namespace sluice::cuda {

/// Sizes of what a raw batch needs.
struct RawLimits {
  /// @param shape with `raw`
  explicit RawLimits(const BackendShape& shape);

  std::uint32_t events;
  std::uint32_t listed;  ///< more than these, and the host decodes the batch
  std::size_t bytes;     ///< with padding
  std::size_t messages;
  std::uint32_t values;
  std::uint32_t values_read;  ///< bit v: an accumulator reads value column v
  bool filtered;
  std::size_t partitions;  ///< with a filter, else 0
};

/// The memory of one raw batch in flight, and what is known of it.
struct RawSlot {
  explicit RawSlot(const RawLimits& limits);

  [[nodiscard]] std::size_t device_bytes() const noexcept;
  /// What came down of the batch.
  [[nodiscard]] const DecodeCounts& counts() const noexcept { return front.host[0].counts; }
  /// Its places.
  [[nodiscard]] std::uint32_t events() const noexcept;
  /// Bytes of an event in its columns.
  [[nodiscard]] std::size_t event_bytes() const noexcept;
  /// Where the message table begins: room for CopyRuns of its five columns.
  [[nodiscard]] std::byte* table() noexcept { return memory.data() + table_offset; }
  [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(memory.data()); }

  DeviceBuffer<std::byte> memory;
  std::size_t table_offset = 0;
  DecodedColumns columns;  ///< `partition` always
  DecodedColumns kept;     ///< with a filter: the same without gaps
  std::uint32_t* line_counts = nullptr;
  std::uint32_t* kept_counts = nullptr;
  MirroredBuffer<DecodeFront> front;
  MirroredBuffer<ListedEvent> more_listed;
  MirroredBuffer<PatchedEvent> patch;
  MirroredBuffer<MovedEvent> moves;
  MirroredBuffer<std::uint64_t> filtered_maxima;

  StagedBatch batch;
  RawBatch raw;
  DecodedColumns settled;  ///< where the events are in the end
  Event uploaded;
  Event decoded;
  std::uint64_t ticket = 0;
  bool in_use = false;
  bool finding_is_timed = false;
  bool decoding_is_timed = false;
};

}  // namespace sluice::cuda
