#include "kernels/cpu/emit_rows.hpp"

#include <algorithm>

namespace sluice::cpu {
namespace {

/// Numbers of the non-empty rows.
struct FoundRows {
  std::uint32_t count = 0;
  std::uint8_t rows[max_chunk_rows];
};

void find_rows(const RowLayout& layout, RowGroup group, FoundRows& found) {
  std::uint32_t count = 0;
  for (std::size_t row = 0; row < group.rows; ++row) {
    found.rows[count] = static_cast<std::uint8_t>(row);
    count += group.hot[row * layout.hot_words] != 0 ? 1 : 0;
  }
  found.count = count;
}

/// columns[w][i] <- word w of the i-th row. @tparam Words of a row, known where it is not 0
template <std::uint32_t Words, class RowAt>
void gather(const std::uint64_t* from, std::uint32_t row_words, std::uint32_t count, RowAt row_at,
            std::uint64_t* columns) {
  const std::uint32_t width = Words != 0 ? Words : row_words;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t* const row = from + std::size_t{row_at(i)} * width;
    for (std::uint32_t w = 0; w < width; ++w) columns[std::size_t{w} * count + i] = row[w];
  }
}

template <class RowAt>
void gather_words(const std::uint64_t* from, std::uint32_t row_words, std::uint32_t count,
                  RowAt row_at, std::uint64_t* columns) {
  switch (row_words) {
    case 1:
      return gather<1>(from, row_words, count, row_at, columns);
    case 2:
      return gather<2>(from, row_words, count, row_at, columns);
    case 4:
      return gather<4>(from, row_words, count, row_at, columns);
    default:
      return gather<0>(from, row_words, count, row_at, columns);
  }
}

template <class RowAt>
void gather_rows(const RowLayout& layout, RowGroup group, std::uint32_t count, RowAt row_at,
                 std::size_t first_slot, const RowArena::Place& place) {
  for (std::uint32_t i = 0; i < count; ++i) {
    place.slots[i] = static_cast<KeySlot>(first_slot + row_at(i));
  }
  gather_words(group.hot, layout.hot_words, count, row_at, place.hot);
  if (place.cold != nullptr) {
    gather_words(group.cold, layout.cold_words, count, row_at, place.cold);
  }
}

}  // namespace

std::uint32_t emit_rows(const RowLayout& layout, RowGroup group, bool has_cold,
                        std::size_t first_slot, std::uint32_t output, RowArena& arena) {
  FoundRows found;
  find_rows(layout, group, found);
  if (found.count == 0) return 0;
  const RowArena::Place place =
      arena.add(output, found.count, layout.hot_words, has_cold ? layout.cold_words : 0);
  if (found.count == group.rows) {
    gather_rows(
        layout, group, found.count, [](std::uint32_t i) { return i; }, first_slot, place);
  } else {
    gather_rows(
        layout, group, found.count, [&](std::uint32_t i) { return std::uint32_t{found.rows[i]}; },
        first_slot, place);
  }
  return found.count;
}

}  // namespace sluice::cpu
