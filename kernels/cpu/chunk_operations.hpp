#pragma once

#include <cstddef>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/window_rows.hpp"

namespace sluice::cpu {

/// target <- target + source for every row of a chunk, accumulator by accumulator. Same meaning as
/// combine_row.
void combine_chunk(const RowLayout& layout, RowGroup target, RowGroup source);

/// target <- target - source for every row of a chunk. Same meaning as remove_row.
void remove_chunk(const RowLayout& layout, RowGroup target, RowGroup source);

/// Appends the non-empty rows of a chunk, the first of which belongs to `first_slot`.
void emit_chunk(const RowLayout& layout, RowGroup rows, std::size_t first_slot, WindowRows& output);

}  // namespace sluice::cpu
