#include "kernels/cpu/lift_rows.hpp"

#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

void carry(const RowSpace& space, std::uint64_t* row, const AccumulatorSpec& spec,
           std::int64_t overflow) {
  space.cold_row(row)[spec.cold] += static_cast<std::uint64_t>(overflow);
}

inline void add_to_sum(const RowSpace& space, std::uint64_t* row, const AccumulatorSpec& spec,
                       std::int64_t value) {
  std::int64_t sum;
  if (__builtin_add_overflow(static_cast<std::int64_t>(row[spec.hot]), value, &sum)) [[unlikely]] {
    carry(space, row, spec, value < 0 ? -1 : 1);
  }
  row[spec.hot] = static_cast<std::uint64_t>(sum);
}

template <class Rows>
void lift_counts(const Rows& rows, std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) {
    rows.fetch(k);
    ++rows.row(k)[0];
  }
}

/// Counts again, one by one, the overflows of a block whose sums have wrapped.
template <class Rows, class Value>
void count_overflows(const RowSpace& space, const Rows& rows, std::size_t size, const Value* values,
                     const AccumulatorSpec& sum) {
  for (std::size_t k = size; k-- > 0;) {
    rows.row(k)[sum.hot] -= static_cast<std::uint64_t>(std::int64_t{values[rows.event(k)]});
  }
  for (std::size_t k = 0; k < size; ++k) {
    add_to_sum(space, rows.row(k), sum, values[rows.event(k)]);
  }
}

/// @returns whether a sum has overflowed
template <class Lanes, bool HasOrder, class Rows, class Value>
[[gnu::always_inline]] inline bool lift_vectors(const RowLanes& row, Rows rows, std::size_t size,
                                                const Value* values) {
  const LaneLifter<Lanes> lifter(row);
  Lanes overflows{};
  for (std::size_t k = 0; k < size; ++k) {
    rows.fetch(k);
    lifter.template lift<HasOrder, true>(rows.row(k), values[rows.event(k)], overflows);
  }
  return lifter.overflowed(overflows);
}

template <class Rows, class Value>
[[gnu::always_inline]] inline bool lift_vectors(const RowLanes& row, const Rows& rows,
                                                std::size_t size, const Value* values) {
  if (row.lanes == 4) return lift_vectors<Lanes4, true>(row, rows, size, values);
  return row.sum != nullptr ? lift_vectors<Lanes2, false>(row, rows, size, values)
                            : lift_vectors<Lanes2, true>(row, rows, size, values);
}

template <class Rows, class Value>
SLUICE_AVX2 bool lift_avx2(const RowLanes& row, const Rows& rows, std::size_t size,
                           const Value* values) {
  return lift_vectors(row, rows, size, values);
}
template <class Rows, class Value>
SLUICE_AVX512 bool lift_avx512(const RowLanes& row, const Rows& rows, std::size_t size,
                               const Value* values) {
  return lift_vectors(row, rows, size, values);
}

template <class Rows, class Value>
void lift_values(Instructions set, const RowLanes& row, const RowSpace& space, const Rows& rows,
                 std::size_t size, const Value* values) {
  const bool overflowed = set == Instructions::avx512 ? lift_avx512(row, rows, size, values)
                                                      : lift_avx2(row, rows, size, values);
  if (overflowed) [[unlikely]]
    count_overflows(space, rows, size, values, *row.sum);
}

template <class Rows, class Lift>
void for_present(const Rows& rows, std::size_t size, const ValueColumn& column, const Lift& lift) {
  if (column.valid == nullptr) {
    for (std::size_t k = 0; k < size; ++k) lift(rows.row(k), column[rows.event(k)]);
  } else {
    for (std::size_t k = 0; k < size; ++k) {
      if (column.valid[rows.event(k)] != 0) lift(rows.row(k), column[rows.event(k)]);
    }
  }
}

template <class Rows>
void lift_nulls(const RowSpace& space, const Rows& rows, std::size_t size,
                const ValueColumn& column, const AccumulatorSpec& spec) {
  if (column.valid == nullptr) return;
  for (std::size_t k = 0; k < size; ++k) {
    if (column.valid[rows.event(k)] == 0) ++space.cold_row(rows.row(k))[spec.cold];
  }
}

template <class Rows>
void lift_one(const RowSpace& space, const Rows& rows, std::size_t size, const ValueColumn& column,
              const AccumulatorSpec& spec, double shift) {
  switch (spec.kind) {
    case AccumulatorKind::nulls:
      lift_nulls(space, rows, size, column, spec);
      break;
    case AccumulatorKind::sum_integer:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        add_to_sum(space, row, spec, bits);
      });
      break;
    case AccumulatorKind::sum_squares_integer:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        const Square squared = square(bits);
        std::uint64_t high = 0;
        add_squares<PlainWords>(row + spec.hot, &high, squared.low, squared.high, 0);
        if (high != 0) [[unlikely]]
          carry(space, row, spec, static_cast<std::int64_t>(high));
      });
      break;
    case AccumulatorKind::sum_double:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        PlainWords::add_double(row + spec.hot, double_of(bits));
      });
      break;
    case AccumulatorKind::sum_shifted:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        PlainWords::add_double(row + spec.hot, double_of(bits) - shift);
      });
      break;
    case AccumulatorKind::sum_squares_shifted:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        const double distance = double_of(bits) - shift;
        PlainWords::add_double(row + spec.hot, distance * distance);
      });
      break;
    case AccumulatorKind::minimum:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        PlainWords::minimum(row + spec.hot, spec.is_double ? ordered_image(bits) : bits);
      });
      break;
    case AccumulatorKind::maximum:
      for_present(rows, size, column, [&](std::uint64_t* row, std::int64_t bits) {
        PlainWords::maximum(row + spec.hot, spec.is_double ? ordered_image(bits) : bits);
      });
      break;
  }
}

}  // namespace

RowLifter::RowLifter(const RowLayout& layout, Instructions set)
    : layout_(layout), lanes_(lanes_of(layout_)), set_(set) {}

template <class Rows>
void RowLifter::lift(const RowSpace& space, const Rows& rows, std::size_t size,
                     const EventColumns& events, const double* shifts) const {
  if (size == 0) return;
  const ValueColumn& column = events.values[lanes_.value];
  if (!by_lanes(events)) {
    lift_each(space, rows, size, events, shifts);
  } else if (column.narrow != nullptr) {
    lift_values(set_, lanes_, space, rows, size, column.narrow);
  } else {
    lift_values(set_, lanes_, space, rows, size, column.bits);
  }
}

bool RowLifter::by_lanes(const EventColumns& events) const noexcept {
  if (lanes_.lanes == 0 || set_ == Instructions::plain) return false;
  if (events.values[lanes_.value].valid != nullptr) return false;
  for (std::uint32_t v = 0; v < events.value_count; ++v) {
    if (events.values[v].valid != nullptr && (lanes_.nulls >> v & 1u) != 0) return false;
  }
  return true;
}

template <class Rows>
void RowLifter::lift_each(const RowSpace& space, const Rows& rows, std::size_t size,
                          const EventColumns& events, const double* shifts) const {
  lift_counts(rows, size);
  for (std::uint32_t k = 0; k < layout_.count; ++k) {
    const AccumulatorSpec& spec = layout_.accumulators[k];
    lift_one(space, rows, size, events.values[spec.value], spec, shifts[spec.value]);
  }
}

template void RowLifter::lift(const RowSpace&, const RowsByAddress&, std::size_t,
                              const EventColumns&, const double*) const;
template void RowLifter::lift(const RowSpace&, const RowsOfOwner&, std::size_t, const EventColumns&,
                              const double*) const;
template void RowLifter::lift(const RowSpace&, const RowsInOrder&, std::size_t, const EventColumns&,
                              const double*) const;

}  // namespace sluice::cpu
