#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/window_rows.hpp"

namespace sluice::cpu {

/// Emits the non-empty ones of the first group.rows rows of a chunk, the first of which belongs to
/// `first_slot`, as columns. Cold words are left out where all are 0.
/// @returns how many
std::uint32_t emit_rows(const RowLayout& layout, RowGroup group, bool has_cold,
                        std::size_t first_slot, std::uint32_t output, RowArena& arena);

}  // namespace sluice::cpu
