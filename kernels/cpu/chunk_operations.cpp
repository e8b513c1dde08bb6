#include "kernels/cpu/chunk_operations.hpp"

#include <algorithm>

#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

/// One word of every row of a chunk.
struct Words {
  std::uint64_t* first;
  std::size_t stride;
  std::uint64_t& operator[](std::size_t row) const noexcept { return first[row * stride]; }
};

Words hot_words(const RowLayout& layout, RowGroup group, std::size_t word) {
  return {group.hot + word, layout.hot_words};
}

Words cold_words(const RowLayout& layout, RowGroup group, std::size_t word) {
  return {group.cold + word, layout.cold_words};
}

template <class Change>
void for_words(Words target, Words source, const Change& change) {
  for (std::size_t row = 0; row < chunk_rows; ++row) change(target[row], source[row]);
}

void add_words(Words target, Words source) {
  for_words(target, source, [](std::uint64_t& to, std::uint64_t from) { to += from; });
}

void subtract_words(Words target, Words source) {
  for_words(target, source, [](std::uint64_t& to, std::uint64_t from) { to -= from; });
}

}  // namespace

void combine_chunk(const RowLayout& layout, RowGroup target, RowGroup source) {
  add_words(hot_words(layout, target, 0), hot_words(layout, source, 0));
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    const Words to = hot_words(layout, target, spec.hot);
    const Words from = hot_words(layout, source, spec.hot);
    const Words cold_to = cold_words(layout, target, spec.cold);
    const Words cold_from = cold_words(layout, source, spec.cold);
    switch (spec.kind) {
      case AccumulatorKind::nulls:
        add_words(cold_to, cold_from);
        break;
      case AccumulatorKind::sum_integer:
        for (std::size_t row = 0; row < chunk_rows; ++row) {
          const WrappedSum sum = wrapping_add(static_cast<std::int64_t>(to[row]),
                                              static_cast<std::int64_t>(from[row]));
          to[row] = static_cast<std::uint64_t>(sum.sum);
          cold_to[row] += cold_from[row] + static_cast<std::uint64_t>(sum.overflow);
        }
        break;
      case AccumulatorKind::sum_squares_integer:
        for (std::size_t row = 0; row < chunk_rows; ++row) {
          add_squares<PlainWords>(&to[row], &cold_to[row], from[row], (&from[row])[1],
                                  cold_from[row]);
        }
        break;
      case AccumulatorKind::sum_double:
      case AccumulatorKind::sum_shifted:
      case AccumulatorKind::sum_squares_shifted:
        for_words(to, from, [](std::uint64_t& sum, std::uint64_t addend) {
          PlainWords::add_double(&sum, double_of(static_cast<std::int64_t>(addend)));
        });
        break;
      case AccumulatorKind::minimum:
        for_words(to, from, [](std::uint64_t& least, std::uint64_t value) {
          least = static_cast<std::uint64_t>(
              std::min(static_cast<std::int64_t>(least), static_cast<std::int64_t>(value)));
        });
        break;
      case AccumulatorKind::maximum:
        for_words(to, from, [](std::uint64_t& greatest, std::uint64_t value) {
          greatest = static_cast<std::uint64_t>(
              std::max(static_cast<std::int64_t>(greatest), static_cast<std::int64_t>(value)));
        });
        break;
    }
  }
}

void remove_chunk(const RowLayout& layout, RowGroup target, RowGroup source) {
  subtract_words(hot_words(layout, target, 0), hot_words(layout, source, 0));
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    const Words to = hot_words(layout, target, spec.hot);
    const Words from = hot_words(layout, source, spec.hot);
    const Words cold_to = cold_words(layout, target, spec.cold);
    const Words cold_from = cold_words(layout, source, spec.cold);
    if (spec.kind == AccumulatorKind::nulls) {
      subtract_words(cold_to, cold_from);
    } else if (spec.kind == AccumulatorKind::sum_integer) {
      for (std::size_t row = 0; row < chunk_rows; ++row) {
        const WrappedSum difference = wrapping_subtract(static_cast<std::int64_t>(to[row]),
                                                        static_cast<std::int64_t>(from[row]));
        to[row] = static_cast<std::uint64_t>(difference.sum);
        cold_to[row] += static_cast<std::uint64_t>(difference.overflow) - cold_from[row];
      }
    } else if (spec.kind == AccumulatorKind::sum_squares_integer) {
      for (std::size_t row = 0; row < chunk_rows; ++row) {
        std::uint64_t* const words = &to[row];
        const std::uint64_t* const removed = &from[row];
        const std::uint64_t borrow = words[0] < removed[0] ? 1 : 0;
        const std::uint64_t borrow_high =
            words[1] < removed[1] || (words[1] == removed[1] && borrow != 0) ? 1 : 0;
        words[0] -= removed[0];
        words[1] -= removed[1] + borrow;
        cold_to[row] -= cold_from[row] + borrow_high;
      }
    }
  }
}

void emit_chunk(const RowLayout& layout, RowGroup rows, std::size_t first_slot,
                WindowRows& output) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < chunk_rows; ++row) {
    count += rows.hot[row * layout.hot_words] != 0 ? 1 : 0;
  }
  if (count == 0) return;
  const std::size_t before = output.slots.size();
  output.slots.resize(before + count);
  output.words.resize((before + count) * layout.words());
  KeySlot* slot = output.slots.data() + before;
  std::uint64_t* words = output.words.data() + before * layout.words();
  for (std::size_t row = 0; row < chunk_rows; ++row) {
    const std::uint64_t* const hot = rows.hot + row * layout.hot_words;
    if (hot[0] == 0) continue;
    *slot++ = static_cast<KeySlot>(first_slot + row);
    words = std::copy_n(hot, layout.hot_words, words);
    words = std::copy_n(rows.cold + row * layout.cold_words, layout.cold_words, words);
  }
}

}  // namespace sluice::cpu
