#pragma once

#include <cstddef>
#include <cstdint>

#include "ingest/decode/filter_columns.hpp"
#include "ingest/decode/text_block.hpp"

namespace sluice {

/// Writes what the filter reads of a block of rows that were cut into fields, for the events from
/// place `first` on. Strings view the block. Sets odd[row] where a field is not plain, and so for
/// the exact road to read. @param base what places in the block are counted from
/// @returns how many rows became odd.
std::size_t read_filter_fields(TextDialect dialect, const char* base, const TextBlock& block,
                               FilterColumns& columns, std::size_t first, std::uint8_t* odd);

}  // namespace sluice
