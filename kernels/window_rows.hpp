#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// The rows of one closed window, in no particular order. Row r belongs to slots[r]; its words are
/// words[r * layout.words()...): the hot words, then the cold ones.
struct WindowRows {
  std::vector<KeySlot> slots;
  std::vector<std::uint64_t> words;

  std::size_t size() const noexcept { return slots.size(); }
};

}  // namespace sluice
