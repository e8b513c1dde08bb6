#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/pane_table.hpp"

namespace sluice::cpu {

/// The row that neighbouring events of a tile share again and again, or nullptr where that is rare.
std::uint64_t* find_hot_row(std::uint64_t* const* rows, std::size_t size) noexcept;

/// Spreads the events of a hot row over it and some copies, for a core waits for its own store when
/// it changes a row that it has just changed.
/// @param copies a group of empty rows, of which rows 1 to 3 are used
void spread_hot_row(const RowLayout& layout, std::uint64_t* hot, RowGroup copies,
                    std::uint64_t** rows, std::size_t size) noexcept;

/// Adds the copies to the row and empties them.
void gather_hot_row(const RowLayout& layout, RowRef hot, RowGroup copies) noexcept;

}  // namespace sluice::cpu
