#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/judge_events.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/slot_numbers.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Where the rows of some events are to be noted.
struct Places {
  RowFinder finder;
  std::size_t table_columns;
  std::size_t size;
  std::size_t numbered;  ///< events that have a number here: size, and those that come next
  std::uint64_t* spoil;  ///< for events without a slot
  std::uint64_t** rows;  ///< [size]
  bool fetch;            ///< the rows are brought nearer
  bool fetch_numbers;    ///< and the numbers
};

/// The columns of events by pane.
struct ColumnsOfPanes {
  const ColumnIndex* columns;
  const std::uint32_t* panes;
  ColumnIndex operator[](std::size_t k) const { return columns[panes[k]]; }
};

inline constexpr std::size_t unplaced = ~std::size_t{0};

/// Finds the row of each event, and opens its chunk where that is not open.
/// @param numbers NumbersOfSlots or NumbersOfKeys
/// @param columns one column, or ColumnsOfPanes
/// @param met gets the columns of events with a slot
/// @returns how many events had no slot; unplaced: memory or the directory has no room
template <class Numbers, class Columns>
std::size_t place_events(const Places& places, const Numbers& numbers, const Columns& columns,
                         ColumnSet& met);

}  // namespace sluice::cpu
