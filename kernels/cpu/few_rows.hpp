#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/instructions.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/row_lanes.hpp"
#include "kernels/cpu/slot_numbers.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// The rows of one column for few key slots, several times side by side in a first-level cache, for
/// one thread: consecutive events go into different copies, so that no event waits for the store of
/// the one before, whatever their keys are. Emptied into the table's rows when the column changes.
class FewRows {
 public:
  /// @param lanes the layout's; must not be 0
  FewRows(const RowLayout& layout, const RowLanes& lanes, Instructions set);

  /// Prepares for slots below `slots`. @returns false when they are too many.
  bool fit(std::size_t slots);

  /// Whether `size` events with these values, no more than `magnitude_bits` bits and a sign each,
  /// can be added before the sums are emptied.
  bool has_room(std::size_t size, unsigned magnitude_bits) const noexcept;

  /// Lifts event k into the row of number k: NumbersOfSlots or NumbersOfKeys.
  /// @returns how many had no slot
  template <class Numbers, class Value>
  std::size_t lift(const Numbers& numbers, const Value* values, std::size_t size,
                   unsigned magnitude_bits) noexcept;

  bool is_empty() const noexcept { return room_used_ == 0; }
  /// Adds the rows to those of a column's chunks, which hold all slots, and empties them.
  void empty_into(std::span<const RowGroup> chunks) noexcept;

 private:
  std::uint64_t* row(std::size_t copy, std::size_t slot) noexcept {
    return memory_.data() + (copy * (slots_ + 1) + slot + 1) * layout_.hot_words;
  }

  RowLayout layout_;
  RowLanes lanes_;
  Instructions set_;
  std::size_t slots_ = 0;
  std::size_t copies_ = 0;
  std::uint64_t room_used_ = 0;  ///< bound of any sum in the rows
  /// [copies_ x (1 + slots_)] hot parts; the first of each copy is of no slot.
  std::vector<std::uint64_t> memory_;
  std::vector<std::uint64_t> cold_;  ///< zeros, for combining
};

/// Bits that the magnitudes of these values need.
unsigned magnitude_bits(Instructions set, const std::int64_t* values, std::size_t size) noexcept;

}  // namespace sluice::cpu
