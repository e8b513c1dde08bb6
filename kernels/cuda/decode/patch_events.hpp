#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/raw_events.hpp"

namespace sluice::cuda {

/// An event that the host decoded, on its way into the columns.
struct PatchedEvent {
  std::uint32_t place = 0;
  std::uint32_t length = 0;
  EventTime time = 0;
  std::uint64_t key_low = 0;
  std::uint64_t key_high = 0;
  std::uint32_t nulls = 0;  ///< bit v: value v is null
  std::int64_t values[max_values] = {};
};

/// An event that takes the place of one that is none.
struct MovedEvent {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

/// Writes `count` events into their places.
void patch_events(const DecodedColumns& columns, const PatchedEvent* events, std::size_t count,
                  Stream& stream);

/// Moves `count` events. No place is named twice.
void move_events(const DecodedColumns& columns, const MovedEvent* moves, std::size_t count,
                 Stream& stream);

/// Where the bytes of `count` events are.
void gather_extents(const DecodedColumns& columns, const std::uint32_t* events, std::size_t count,
                    RawExtent* extents, Stream& stream);

}  // namespace sluice::cuda
