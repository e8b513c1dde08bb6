#include "kernels/cpu/place_events.hpp"

#include "kernels/cpu/fetch.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t numbers_ahead = 32;

/// Finds the row of each event in one column.
/// @returns how many events had no slot; unplaced: memory has no room
template <bool Fetch, class Numbers>
std::size_t place_in(const Places& places, Numbers numbers, ColumnIndex column) {
  const RowFinder finder = places.finder;
  std::uint64_t** const rows = places.rows;
  std::uint64_t* const* const chunks = finder.chunks_of(column);
  const std::size_t size = places.size;
  const std::size_t fetch_end =
      places.fetch_numbers && places.numbered > numbers_ahead ? places.numbered - numbers_ahead : 0;
  std::size_t missing = 0;
  for (std::size_t k = 0; k < size; ++k) {
    if (k < fetch_end) numbers.fetch(k + numbers_ahead);
    const KeySlot number = numbers[k];
    std::uint64_t* row = places.spoil;
    if (number == 0) [[unlikely]] {
      ++missing;
    } else {
      row = finder.find(chunks, number - 1);
      if (row == nullptr) [[unlikely]] {
        row = finder.open(column, number - 1);
        if (row == nullptr) return unplaced;
      }
      if constexpr (Fetch) fetch_far(row);
    }
    rows[k] = row;
  }
  return missing;
}

/// Finds the row of each event in the column of its pane.
/// @param met gets the columns of events with a slot
/// @returns how many events had no slot; unplaced: memory or the directory has no room
template <bool Fetch, class Numbers>
std::size_t place_in(const Places& places, Numbers numbers, ColumnsOfPanes columns,
                     ColumnSet& met) {
  const RowFinder finder = places.finder;
  std::uint64_t** const rows = places.rows;
  const std::size_t size = places.size;
  std::uint64_t* const* chunks = nullptr;
  ColumnIndex last = no_column;
  std::size_t missing = 0;
  for (std::size_t k = 0; k < size; ++k) {
    const KeySlot number = numbers[k];
    if (number == 0) [[unlikely]] {
      rows[k] = places.spoil;
      ++missing;
      continue;
    }
    const ColumnIndex column = columns[k];
    if (column != last) {
      if (column >= places.table_columns) return unplaced;
      met.add(column);
      chunks = finder.chunks_of(column);
      last = column;
    }
    std::uint64_t* row = finder.find(chunks, number - 1);
    if (row == nullptr) [[unlikely]] {
      row = finder.open(column, number - 1);
      if (row == nullptr) return unplaced;
    }
    if constexpr (Fetch) fetch_far(row);
    rows[k] = row;
  }
  return missing;
}

template <class Numbers>
std::size_t place(const Places& places, const Numbers& numbers, ColumnIndex column,
                  ColumnSet& met) {
  if (column >= places.table_columns) return unplaced;
  const std::size_t missing = places.fetch ? place_in<true>(places, numbers, column)
                                           : place_in<false>(places, numbers, column);
  if (missing != unplaced && missing != places.size) met.add(column);
  return missing;
}

template <class Numbers>
std::size_t place(const Places& places, const Numbers& numbers, const ColumnsOfPanes& columns,
                  ColumnSet& met) {
  return places.fetch ? place_in<true>(places, numbers, columns, met)
                      : place_in<false>(places, numbers, columns, met);
}

}  // namespace

template <class Numbers, class Columns>
std::size_t place_events(const Places& places, const Numbers& numbers, const Columns& columns,
                         ColumnSet& met) {
  return place(places, numbers, columns, met);
}

template std::size_t place_events(const Places&, const NumbersOfSlots&, const ColumnIndex&,
                                  ColumnSet&);
template std::size_t place_events(const Places&, const NumbersOfSlots&, const ColumnsOfPanes&,
                                  ColumnSet&);
template std::size_t place_events(const Places&, const NumbersOfKeys<std::uint32_t>&,
                                  const ColumnIndex&, ColumnSet&);
template std::size_t place_events(const Places&, const NumbersOfKeys<std::uint32_t>&,
                                  const ColumnsOfPanes&, ColumnSet&);
template std::size_t place_events(const Places&, const NumbersOfKeys<std::uint64_t>&,
                                  const ColumnIndex&, ColumnSet&);
template std::size_t place_events(const Places&, const NumbersOfKeys<std::uint64_t>&,
                                  const ColumnsOfPanes&, ColumnSet&);

}  // namespace sluice::cpu
