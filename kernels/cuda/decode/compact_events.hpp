#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// Places that a block of threads looks at once.
inline constexpr std::uint32_t kept_tile_places = 4096;
SLUICE_HD constexpr std::uint32_t kept_tiles(std::size_t places) noexcept {
  return static_cast<std::uint32_t>((places + kept_tile_places - 1) / kept_tile_places);
}

/// The events of a batch that go on, on their way into columns without gaps. By value to kernels.
struct KeptEvents {
  DecodedColumns from;  ///< with `keep`, of which whole words can be read
  DecodedColumns to;
  std::uint32_t places = 0;
  std::uint32_t* tile_counts = nullptr;  ///< [kept_tiles(places)] scratch
};

/// Copies the events with keep[place] = 1, in their order. Columns that `from` lacks are left out.
void compact_events(const KeptEvents& events, Stream& stream);

}  // namespace sluice::cuda
