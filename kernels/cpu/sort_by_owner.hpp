#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::cpu {

/// The events of a tile that one worker owns, among those sorted by owner.
struct OwnedPart {
  std::uint16_t begin = 0;
  std::uint16_t end = 0;
};

/// A row and an event of its tile in one word: the row's distance from the first in words, above
/// the event's number.
struct OwnedEvent {
  static constexpr unsigned event_bits = 11;

  static std::uint64_t pack(std::uint64_t row_words, std::size_t event) noexcept {
    return row_words << event_bits | event;
  }
  static std::uint64_t row_words(std::uint64_t packed) noexcept { return packed >> event_bits; }
  static std::uint32_t event(std::uint64_t packed) noexcept {
    return static_cast<std::uint32_t>(packed & ((1u << event_bits) - 1));
  }
};

/// The rows of a tile's events, one each.
struct TileRows {
  std::uint64_t* const* rows;  ///< [size]
  std::size_t size;            ///< at most 2^event_bits
  const std::uint64_t* base;   ///< the first row there is
  const std::uint64_t* spoil;  ///< the row of events that have none

  std::uint64_t words(std::size_t k) const noexcept {
    return static_cast<std::uint64_t>(rows[k] - base);
  }
};

/// Sorts the events by the owner of their row's cache line; those without a row are left out.
/// @param parts [owners] one for each owner; all empty
/// @param memory [size] for one number an event
/// @param sorted [size] OwnedEvents
void sort_by_owner(const TileRows& tile, std::span<OwnedPart> parts, std::uint32_t* memory,
                   std::uint64_t* sorted);

}  // namespace sluice::cpu
