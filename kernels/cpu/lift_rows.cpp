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
  for (std::size_t k = 0; k < size; ++k) ++rows.row(k)[0];
}

template <class Rows>
void lift_count_sum(const RowSpace& space, const Rows& rows, std::size_t size,
                    const ValueColumn& values, const AccumulatorSpec& sum) {
  for (std::size_t k = 0; k < size; ++k) {
    std::uint64_t* const row = rows.row(k);
    ++row[0];
    add_to_sum(space, row, sum, values[rows.event(k)]);
  }
}

template <class Rows>
void lift_count_sum_minimum_maximum(const RowSpace& space, const Rows& rows, std::size_t size,
                                    const ValueColumn& values, const AccumulatorSpec& sum,
                                    std::size_t minimum, std::size_t maximum) {
  for (std::size_t k = 0; k < size; ++k) {
    std::uint64_t* const row = rows.row(k);
    const std::int64_t value = values[rows.event(k)];
    ++row[0];
    add_to_sum(space, row, sum, value);
    // Branches, for they are seldom taken: a stored word would be waited for by the next event.
    PlainWords::minimum(row + minimum, value);
    PlainWords::maximum(row + maximum, value);
  }
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

RowLifter::RowLifter(const RowLayout& layout) : layout_(layout) {
  const AccumulatorSpec* sum = nullptr;
  const AccumulatorSpec* minimum = nullptr;
  const AccumulatorSpec* maximum = nullptr;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (spec.kind == AccumulatorKind::nulls) continue;
    const AccumulatorSpec** const place = spec.kind == AccumulatorKind::sum_integer ? &sum
                                          : spec.kind == AccumulatorKind::minimum   ? &minimum
                                          : spec.kind == AccumulatorKind::maximum   ? &maximum
                                                                                    : nullptr;
    if (place == nullptr || *place != nullptr || spec.is_double) return;
    *place = &spec;
  }
  if (sum == nullptr && minimum == nullptr && maximum == nullptr) {
    shape_ = Shape::count;
  } else if (sum != nullptr && minimum == nullptr && maximum == nullptr) {
    shape_ = Shape::count_sum;
    sum_ = *sum;
  } else if (sum != nullptr && minimum != nullptr && maximum != nullptr &&
             minimum->value == sum->value && maximum->value == sum->value) {
    shape_ = Shape::count_sum_minimum_maximum;
    sum_ = *sum;
    minimum_ = *minimum;
    maximum_ = *maximum;
  }
}

template <class Rows>
void RowLifter::lift(const RowSpace& space, const Rows& rows, std::size_t size,
                     const EventColumns& events, const double* shifts) const {
  bool nulls = false;
  for (std::uint32_t v = 0; v < events.value_count; ++v) {
    nulls = nulls || events.values[v].valid != nullptr;
  }
  const ValueColumn values = events.values[sum_.value];
  switch (nulls ? Shape::any : shape_) {
    case Shape::count:
      return lift_counts(rows, size);
    case Shape::count_sum:
      return lift_count_sum(space, rows, size, values, sum_);
    case Shape::count_sum_minimum_maximum:
      return lift_count_sum_minimum_maximum(space, rows, size, values, sum_, minimum_.hot,
                                            maximum_.hot);
    case Shape::any:
      return lift_each(space, rows, size, events, shifts);
  }
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
template void RowLifter::lift(const RowSpace&, const RowsBySlot&, std::size_t, const EventColumns&,
                              const double*) const;

}  // namespace sluice::cpu
