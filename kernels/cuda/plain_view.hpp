#pragma once

#include <cstdint>

#include "kernels/cuda/accumulate.hpp"
#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// Division by a pane's length as a multiplication (Granlund and Montgomery, 1994): exact for
/// dividends below 2^31 in the short form, below 2^54 in the long one.
struct PaneDivision {
  std::uint64_t magic = 0;  ///< ceil(2^(31 + shift) / length), or 2^(54 + shift)
  std::uint32_t shift = 0;  ///< ceil(log2(length))

  static constexpr unsigned short_bits = 31;
  static constexpr unsigned long_bits = 54;
};

/// The panes of one grid that plain events may fall into.
struct PlainGrid {
  PaneDivision division;
  std::uint64_t before = 0;              ///< PlainView::from - start of the first of these panes
  const ColumnIndex* columns = nullptr;  ///< [panes] device memory
  std::uint32_t panes = 0;
  std::uint32_t first_group = 0;  ///< groups of the grids before
  std::uint32_t first_chunk = 0;  ///< (pane, chunk) pairs of the grids before
};

/// What a row keeps, where a kernel is specialised for it.
enum class RowForm : std::uint8_t { count, sum, sum_and_extremes, general };

/// Where the accumulators of a specialised form lie.
struct FormPlaces {
  std::uint16_t value = 0;     ///< value column
  std::uint16_t sum = 0;       ///< hot word
  std::uint16_t overflow = 0;  ///< cold word
  std::uint16_t minimum = 0;
  std::uint16_t maximum = 0;
};

/// The plain pass over a batch, by value to kernels.
///
/// An event is plain when nothing about it needs judging: its time lies in [from, from + span),
/// where every event is on time, not future, in no pane that a closed window has taken in, and in
/// panes that exist; its key has a slot; and the chunks of its rows are open. A group is a (pane,
/// slot) of any grid: first_group + pane * slots + slot.
struct PlainView {
  EventColumns events;
  EventTime from = 0;
  std::uint64_t span = 0;
  bool short_offsets = false;  ///< time - start of a grid's first pane is always below 2^31
  /// Sums are added without asking for the old value: no row's sum can wrap in this batch, as long
  /// as no |value| is above value_limit.
  bool wrapless = false;
  std::uint64_t value_limit = 0;  ///< as many values as the batch has events sum up below 2^63
  std::uint32_t slots = 0;        ///< every slot is below
  std::uint32_t groups = 0;
  std::uint32_t grid_count = 0;
  PlainGrid grids[max_grids];
  FormPlaces places;
  KeyDictionaryRef keys;
  PaneTableRef table;
  Shifts shifts;
  BatchLists lists;
};

}  // namespace sluice::cuda
