#include "kernels/cpu/sort_by_owner.hpp"

namespace sluice::cpu {
namespace {

// Neighbouring lines belong to different owners as often as not, so that hot keys, which came first
// and lie side by side, are spread.
std::uint32_t owner_of(std::uint64_t row_words, std::uint32_t owners) noexcept {
  const auto line = static_cast<std::uint32_t>(row_words / 8) * 0x9e37'79b1u;
  return static_cast<std::uint32_t>(std::uint64_t{line} * owners >> 32);
}

/// One owner fills `sorted` from its start, the other from its end: one pass, without a branch.
void sort_by_two(const TileRows& tile, std::span<OwnedPart> parts, std::uint64_t* sorted) {
  const TileRows in = tile;
  std::size_t front = 0;
  std::size_t back = in.size;
  for (std::size_t k = 0; k < in.size; ++k) {
    const std::uint64_t words = in.words(k);
    const std::uint64_t packed = OwnedEvent::pack(words, k);
    const std::uint32_t owner = owner_of(words, 2);
    const bool owned = in.rows[k] != in.spoil;
    sorted[front] = packed;
    sorted[back - 1] = packed;
    front += owned & (owner == 0) ? 1u : 0u;
    back -= owned & (owner == 1) ? 1u : 0u;
  }
  parts[0] = {0, static_cast<std::uint16_t>(front)};
  parts[1] = {static_cast<std::uint16_t>(back), static_cast<std::uint16_t>(in.size)};
}

}  // namespace

void sort_by_owner(const TileRows& tile, std::span<OwnedPart> parts, std::uint32_t* memory,
                   std::uint64_t* sorted) {
  const auto owners = static_cast<std::uint32_t>(parts.size());
  if (owners == 2) return sort_by_two(tile, parts, sorted);
  for (std::size_t k = 0; k < tile.size; ++k) {
    const bool owned = tile.rows[k] != tile.spoil;
    memory[k] = owned ? owner_of(tile.words(k), owners) : owners;
    if (owned) ++parts[memory[k]].end;
  }
  std::uint16_t next = 0;
  for (OwnedPart& part : parts) {
    const std::uint16_t count = part.end;
    part = {next, next};
    next = static_cast<std::uint16_t>(next + count);
  }
  for (std::size_t k = 0; k < tile.size; ++k) {
    if (memory[k] == owners) continue;
    sorted[parts[memory[k]].end++] = OwnedEvent::pack(tile.words(k), k);
  }
}

}  // namespace sluice::cpu
