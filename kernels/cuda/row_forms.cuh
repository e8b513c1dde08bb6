#pragma once

#include <limits>

#include "kernels/cuda/atomic_words.cuh"
#include "kernels/cuda/plain_events.cuh"
#include "kernels/row_operations.hpp"

namespace sluice::cuda {

/// A block's rows in shared memory. What a row is, a form says.
struct BlockTable {
  unsigned char* memory = nullptr;  ///< aligned to 16
  std::uint32_t rows = 0;
};

// A form is a list of accumulators that kernels are specialised for:
//   Values, Item     what a thread loads of four events, and what one of them brings
//   row_bytes        of a row in shared memory
//   reset, add       a row in shared memory
//   count_of         events of a row in shared memory
//   merge            adds a row in shared memory to one of the pane table, exactly
//   add_row          adds an event to a row of the pane table, exactly
//   magnitude        |value|, where the form adds values to a sum

/// Only events are counted, or also nulls of columns that have none in this batch.
struct CountForm {
  struct Values {};
  struct Item {};
  static constexpr bool has_sum = false;

  __host__ __device__ static std::size_t row_bytes(const RowLayout& /*layout*/) {
    return sizeof(std::uint32_t);
  }
  __device__ static Values load(const PlainView& /*view*/, std::size_t /*first*/) { return {}; }
  __device__ static Item item(const Values& /*values*/, unsigned /*j*/, std::uint32_t /*event*/) {
    return {};
  }
  __device__ static std::uint32_t* count(const BlockTable& table, std::uint32_t r) {
    return reinterpret_cast<std::uint32_t*>(table.memory) + r;
  }
  __device__ static void reset(const PlainView& /*view*/, const BlockTable& table,
                               std::uint32_t r) {
    *count(table, r) = 0;
  }
  __device__ static void add(const PlainView& /*view*/, const BlockTable& table, std::uint32_t r,
                             Item /*item*/) {
    atomic_add(count(table, r), 1u);
  }
  __device__ static std::uint64_t count_of(const PlainView& /*view*/, const BlockTable& table,
                                           std::uint32_t r) {
    return *count(table, r);
  }
  __device__ static void merge(const PlainView& /*view*/, const BlockTable& table, std::uint32_t r,
                               RowRef row) {
    atomic_add(row.hot, std::uint64_t{*count(table, r)});
  }
  __device__ static void add_row(const PlainView& /*view*/, RowRef row, Item /*item*/) {
    atomic_add(row.hot, std::uint64_t{1});
  }
};

/// Count and exact sum of one integer column without nulls, perhaps with its minimum and maximum.
///
/// 64-bit additions in shared memory are loops of compare-and-swap, 32-bit ones are native: a sum
/// is two words, and the low one's old value tells the carry. The high word hardly ever changes: a
/// small positive value seldom carries, and of a small negative one the carry (+1) meets the sign
/// (-1). The 64-bit sum of a block cannot wrap: see PlainView::value_limit.
template <class Value, bool Extremes>
struct SumForm {
  using Values = Quad<Value>;
  using Item = Value;
  static constexpr bool has_sum = true;
  static constexpr Value highest = std::numeric_limits<Value>::max();
  static constexpr Value lowest = std::numeric_limits<Value>::min();

  __host__ __device__ static std::size_t row_bytes(const RowLayout& /*layout*/) {
    return 3 * sizeof(std::uint32_t) + (Extremes ? 2 * sizeof(Value) : 0);
  }
  __device__ static Values load(const PlainView& view, std::size_t first) {
    const ValueColumn& column = view.events.values[view.places.value];
    if constexpr (sizeof(Value) == sizeof(std::int32_t)) {
      return load_quad(column.narrow, first, view.events.size);
    } else {
      return load_quad(column.bits, first, view.events.size);
    }
  }
  __device__ static Item item(const Values& values, unsigned j, std::uint32_t /*event*/) {
    return values.of[j];
  }
  __device__ static std::uint64_t magnitude(Item value) {
    const auto wide = static_cast<std::int64_t>(value);
    return wide < 0 ? ~static_cast<std::uint64_t>(wide) + 1 : static_cast<std::uint64_t>(wide);
  }

  __device__ static Value* minimum(const BlockTable& table, std::uint32_t r) {
    return reinterpret_cast<Value*>(table.memory) + r;
  }
  __device__ static Value* maximum(const BlockTable& table, std::uint32_t r) {
    return minimum(table, table.rows + r);
  }
  __device__ static std::uint32_t* count(const BlockTable& table, std::uint32_t r) {
    return reinterpret_cast<std::uint32_t*>(
               table.memory + (Extremes ? 2 * sizeof(Value) * std::size_t{table.rows} : 0)) +
           r;
  }
  __device__ static std::uint32_t* low(const BlockTable& table, std::uint32_t r) {
    return count(table, table.rows + r);
  }
  __device__ static std::uint32_t* high(const BlockTable& table, std::uint32_t r) {
    return count(table, 2 * table.rows + r);
  }

  __device__ static void reset(const PlainView& /*view*/, const BlockTable& table,
                               std::uint32_t r) {
    *count(table, r) = 0;
    *low(table, r) = 0;
    *high(table, r) = 0;
    if constexpr (Extremes) {
      *minimum(table, r) = highest;
      *maximum(table, r) = lowest;
    }
  }
  __device__ static void add(const PlainView& /*view*/, const BlockTable& table, std::uint32_t r,
                             Item value) {
    atomic_add(count(table, r), 1u);
    const auto wide = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    const auto addend = static_cast<std::uint32_t>(wide);
    const std::uint32_t old = atomic_add(low(table, r), addend);
    const std::uint32_t carry = old + addend < addend ? 1 : 0;
    const std::uint32_t rest = static_cast<std::uint32_t>(wide >> 32) + carry;
    if (rest != 0) atomic_add(high(table, r), rest);
    if constexpr (Extremes) {
      if (value < atomic_load(minimum(table, r))) atomic_min(minimum(table, r), value);
      if (value > atomic_load(maximum(table, r))) atomic_max(maximum(table, r), value);
    }
  }
  __device__ static std::uint64_t count_of(const PlainView& /*view*/, const BlockTable& table,
                                           std::uint32_t r) {
    return *count(table, r);
  }
  __device__ static std::int64_t sum_of(const BlockTable& table, std::uint32_t r) {
    return static_cast<std::int64_t>(std::uint64_t{*high(table, r)} << 32 | *low(table, r));
  }
  __device__ static void merge(const PlainView& view, const BlockTable& table, std::uint32_t r,
                               RowRef row) {
    atomic_add(row.hot, std::uint64_t{*count(table, r)});
    add_sum<AtomicWords>(row.hot + view.places.sum, row.cold + view.places.overflow,
                         sum_of(table, r), 0);
    if constexpr (Extremes) {
      AtomicWords::minimum(row.hot + view.places.minimum, *minimum(table, r));
      AtomicWords::maximum(row.hot + view.places.maximum, *maximum(table, r));
    }
  }
  __device__ static void add_extremes(const PlainView& view, RowRef row, Item value) {
    if constexpr (Extremes) {
      AtomicWords::minimum(row.hot + view.places.minimum, value);
      AtomicWords::maximum(row.hot + view.places.maximum, value);
    }
  }
  __device__ static void add_row(const PlainView& view, RowRef row, Item value) {
    atomic_add(row.hot, std::uint64_t{1});
    add_sum<AtomicWords>(row.hot + view.places.sum, row.cold + view.places.overflow, value, 0);
    add_extremes(view, row, value);
  }
};

/// Any layout: rows in shared memory are rows of the pane table, with 64-bit atomic operations.
struct GeneralForm {
  struct Values {};
  using Item = std::uint32_t;  ///< the event
  static constexpr bool has_sum = false;

  __host__ __device__ static std::size_t row_bytes(const RowLayout& layout) {
    return layout.words() * sizeof(std::uint64_t);
  }
  __device__ static Values load(const PlainView& /*view*/, std::size_t /*first*/) { return {}; }
  __device__ static Item item(const Values& /*values*/, unsigned /*j*/, std::uint32_t event) {
    return event;
  }
  __device__ static RowRef row_of(const PlainView& view, const BlockTable& table, std::uint32_t r) {
    auto* const words =
        reinterpret_cast<std::uint64_t*>(table.memory) + std::size_t{r} * view.table.layout.words();
    return {words, words + view.table.layout.hot_words};
  }
  __device__ static void reset(const PlainView& view, const BlockTable& table, std::uint32_t r) {
    reset_row(view.table.layout, row_of(view, table, r));
  }
  __device__ static void add(const PlainView& view, const BlockTable& table, std::uint32_t r,
                             Item event) {
    add_row(view, row_of(view, table, r), event);
  }
  __device__ static std::uint64_t count_of(const PlainView& view, const BlockTable& table,
                                           std::uint32_t r) {
    return row_of(view, table, r).hot[0];
  }
  __device__ static void merge(const PlainView& view, const BlockTable& table, std::uint32_t r,
                               RowRef row) {
    combine_row<AtomicWords>(view.table.layout, row, row_of(view, table, r));
  }
  __device__ static void add_row(const PlainView& view, RowRef row, Item event) {
    lift_event<AtomicWords>(view.table.layout, row, view.events, view.shifts.of, event);
  }
};

/// Calls visit<Columns, Form>() with what fits the batch.
template <class Visit>
void with_columns_and_form(const PlainView& view, RowForm form, Visit visit) {
  const bool narrow = view.events.time.narrow != nullptr && view.events.key.narrow != nullptr;
  const bool narrow_value = view.events.values[view.places.value].narrow != nullptr;
  const auto with_form = [&]<class Form>() {
    if (narrow) {
      visit.template operator()<NarrowColumns, Form>();
    } else {
      visit.template operator()<AnyColumns, Form>();
    }
  };
  switch (form) {
    case RowForm::count:
      return with_form.template operator()<CountForm>();
    case RowForm::sum:
      if (narrow_value) return with_form.template operator()<SumForm<std::int32_t, false>>();
      return with_form.template operator()<SumForm<std::int64_t, false>>();
    case RowForm::sum_and_extremes:
      if (narrow_value) return with_form.template operator()<SumForm<std::int32_t, true>>();
      return with_form.template operator()<SumForm<std::int64_t, true>>();
    case RowForm::general:
      // Rows of many words take far longer than the branches on the columns' widths.
      return visit.template operator()<AnyColumns, GeneralForm>();
  }
}

/// A specialised kernel's part that all paths share: the largest |value| of a thread.
class Magnitude {
 public:
  __device__ void note(std::uint64_t magnitude) {
    if (magnitude > largest_) largest_ = magnitude;
  }
  /// Every lane of the warp comes here.
  __device__ void finish(const PlainView& view) {
    for (unsigned distance = warp_lanes / 2; distance > 0; distance /= 2) {
      const std::uint64_t other = __shfl_xor_sync(all_lanes, largest_, static_cast<int>(distance));
      if (other > largest_) largest_ = other;
    }
    std::uint64_t* const magnitude = &view.lists.counters->plain.magnitude;
    if (threadIdx.x % warp_lanes == 0 && largest_ > atomic_load(magnitude)) {
      atomic_max(magnitude, largest_);
    }
  }

 private:
  std::uint64_t largest_ = 0;
};

}  // namespace sluice::cuda
