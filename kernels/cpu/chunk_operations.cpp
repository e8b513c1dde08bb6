#include "kernels/cpu/chunk_operations.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/row_lanes.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t lanes = 4;

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
void for_words(std::size_t rows, Words target, Words source, const Change& change) {
  for (std::size_t row = 0; row < rows; ++row) change(target[row], source[row]);
}

void add_words(std::size_t rows, Words target, Words source) {
  for_words(rows, target, source, [](std::uint64_t& to, std::uint64_t from) { to += from; });
}

void subtract_words(std::size_t rows, Words target, Words source) {
  for_words(rows, target, source, [](std::uint64_t& to, std::uint64_t from) { to -= from; });
}

bool any_set(const std::uint64_t* words, std::size_t count) {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < count; ++i) any |= words[i];
  return any != 0;
}

[[gnu::always_inline]] inline void load(Lanes4& vector, const void* words) {
  std::memcpy(&vector, words, sizeof vector);
}

[[gnu::always_inline]] inline bool any_negative(const Lanes4& vector) {
  return (vector[0] | vector[1] | vector[2] | vector[3]) < 0;
}

}  // namespace

/// The loops over vectors. @returns whether an integer left its range.
struct ChunkArithmetic::Loops {
  /// `period` vectors, then the same again: 1 unless a row is longer than a vector.
  template <bool Ordered>
  [[gnu::always_inline]] static bool add(std::uint64_t* to, const std::uint64_t* left,
                                         const std::uint64_t* right, std::size_t words,
                                         const Lanes* kinds, std::size_t period) {
    Lanes4 overflows{};
    for (std::size_t first = 0; first < words;) {
      for (std::size_t p = 0; p < period; ++p, first += lanes) {
        Lanes4 a, b;
        load(a, left + first);
        load(b, right + first);
        // Signed vectors must not overflow, unsigned ones wrap.
        const auto sum = reinterpret_cast<Lanes4>(reinterpret_cast<UnsignedLanes4>(a) +
                                                  reinterpret_cast<UnsignedLanes4>(b));
        Lanes4 result = sum;
        if constexpr (Ordered) {
          Lanes4 minimum, maximum;
          load(minimum, kinds[p].minimum);
          load(maximum, kinds[p].maximum);
          overflows |= (a ^ sum) & (b ^ sum) & ~(minimum | maximum);
          result = ((a < b ? a : b) & minimum) | ((a > b ? a : b) & maximum) |
                   (sum & ~(minimum | maximum));
        } else {
          overflows |= (a ^ sum) & (b ^ sum);
        }
        std::memcpy(to + first, &result, sizeof result);
      }
    }
    return any_negative(overflows);
  }

  [[gnu::always_inline]] static bool remove(std::uint64_t* to, const std::uint64_t* from,
                                            std::size_t words) {
    Lanes4 overflows{};
    for (std::size_t first = 0; first < words; first += lanes) {
      Lanes4 a, b;
      load(a, to + first);
      load(b, from + first);
      const auto difference = reinterpret_cast<Lanes4>(reinterpret_cast<UnsignedLanes4>(a) -
                                                       reinterpret_cast<UnsignedLanes4>(b));
      overflows |= (a ^ b) & (a ^ difference);
      std::memcpy(to + first, &difference, sizeof difference);
    }
    return any_negative(overflows);
  }

  static bool add_plain(bool ordered, std::uint64_t* to, const std::uint64_t* left,
                        const std::uint64_t* right, std::size_t words, const Lanes* kinds,
                        std::size_t period) {
    return ordered ? add<true>(to, left, right, words, kinds, period)
                   : add<false>(to, left, right, words, kinds, 1);
  }
  SLUICE_AVX2 static bool add_avx2(bool ordered, std::uint64_t* to, const std::uint64_t* left,
                                   const std::uint64_t* right, std::size_t words,
                                   const Lanes* kinds, std::size_t period) {
    return ordered ? add<true>(to, left, right, words, kinds, period)
                   : add<false>(to, left, right, words, kinds, 1);
  }
  static bool remove_plain(std::uint64_t* to, const std::uint64_t* from, std::size_t words) {
    return remove(to, from, words);
  }
  SLUICE_AVX2 static bool remove_avx2(std::uint64_t* to, const std::uint64_t* from,
                                      std::size_t words) {
    return remove(to, from, words);
  }
};

ChunkArithmetic::ChunkArithmetic(const RowLayout& layout, Instructions set)
    : layout_(layout), set_(set) {
  if (layout.hot_words > 2 && layout.hot_words % lanes != 0) return;
  std::vector<Lanes> kinds(std::max<std::size_t>(1, layout.hot_words / lanes));
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    switch (spec.kind) {
      case AccumulatorKind::nulls:
      case AccumulatorKind::sum_integer:
        break;
      case AccumulatorKind::minimum:
      case AccumulatorKind::maximum:
        ordered_ = true;
        for (std::size_t word = spec.hot; word < kinds.size() * lanes; word += layout.hot_words) {
          Lanes& kind = kinds[word / lanes];
          std::int64_t* const marks =
              spec.kind == AccumulatorKind::minimum ? kind.minimum : kind.maximum;
          marks[word % lanes] = -1;
        }
        break;
      default:
        return;
    }
  }
  lanes_ = std::move(kinds);
}

bool ChunkArithmetic::has_cold(RowGroup group) const noexcept {
  return group.cold != nullptr && any_set(group.cold, group.rows * layout_.cold_words);
}

void ChunkArithmetic::add(RowGroup target, RowGroup first, RowGroup second) const {
  const std::size_t cold = target.rows * layout_.cold_words;
  if (lanes_.empty()) {
    if (target.hot != first.hot) {
      std::copy_n(first.hot, target.rows * layout_.hot_words, target.hot);
      std::copy_n(first.cold, cold, target.cold);
    }
    combine_each(target, second);
    return;
  }
  if (target.hot != first.hot && first.cold == nullptr) {
    std::fill_n(target.cold, cold, std::uint64_t{0});
  } else if (target.hot != first.hot) {
    std::copy_n(first.cold, cold, target.cold);
  }
  // Chunks have a multiple of four rows.
  const std::size_t words = (target.rows + lanes - 1) / lanes * lanes * layout_.hot_words;
  const auto loop = set_ == Instructions::plain ? Loops::add_plain : Loops::add_avx2;
  const bool overflowed =
      loop(ordered_, target.hot, first.hot, second.hot, words, lanes_.data(), lanes_.size());
  if (overflowed) settle_overflows(target, second, true);
  if (has_cold({second.hot, second.cold, target.rows})) {
    add_words(cold, {target.cold, 1}, {second.cold, 1});
  }
}

void ChunkArithmetic::remove(RowGroup target, RowGroup source) const {
  if (lanes_.empty()) {
    remove_each(target, source);
    return;
  }
  const std::size_t words = (target.rows + lanes - 1) / lanes * lanes * layout_.hot_words;
  const auto loop = set_ == Instructions::plain ? Loops::remove_plain : Loops::remove_avx2;
  if (loop(target.hot, source.hot, words)) settle_overflows(target, source, false);
  const std::size_t cold = target.rows * layout_.cold_words;
  if (has_cold({source.hot, source.cold, target.rows})) {
    subtract_words(cold, {target.cold, 1}, {source.cold, 1});
  }
}

void ChunkArithmetic::settle_overflows(RowGroup target, RowGroup source, bool added) const {
  for (std::uint32_t k = 0; k < layout_.count; ++k) {
    const AccumulatorSpec& spec = layout_.accumulators[k];
    if (spec.kind != AccumulatorKind::sum_integer) continue;
    const Words results = hot_words(layout_, target, spec.hot);
    const Words changes = hot_words(layout_, source, spec.hot);
    const Words overflows = cold_words(layout_, target, spec.cold);
    for (std::size_t row = 0; row < target.rows; ++row) {
      const auto change = static_cast<std::int64_t>(changes[row]);
      const auto before = static_cast<std::int64_t>(added ? results[row] - changes[row]
                                                          : results[row] + changes[row]);
      const WrappedSum wrapped =
          added ? wrapping_add(before, change) : wrapping_subtract(before, change);
      overflows[row] += static_cast<std::uint64_t>(wrapped.overflow);
    }
  }
}

void ChunkArithmetic::combine_each(RowGroup target, RowGroup source) const {
  const std::size_t rows = target.rows;
  add_words(rows, hot_words(layout_, target, 0), hot_words(layout_, source, 0));
  for (std::uint32_t k = 0; k < layout_.count; ++k) {
    const AccumulatorSpec& spec = layout_.accumulators[k];
    const Words to = hot_words(layout_, target, spec.hot);
    const Words from = hot_words(layout_, source, spec.hot);
    const Words cold_to = cold_words(layout_, target, spec.cold);
    const Words cold_from = cold_words(layout_, source, spec.cold);
    switch (spec.kind) {
      case AccumulatorKind::nulls:
        add_words(rows, cold_to, cold_from);
        break;
      case AccumulatorKind::sum_integer:
        for (std::size_t row = 0; row < rows; ++row) {
          const WrappedSum sum = wrapping_add(static_cast<std::int64_t>(to[row]),
                                              static_cast<std::int64_t>(from[row]));
          to[row] = static_cast<std::uint64_t>(sum.sum);
          cold_to[row] += cold_from[row] + static_cast<std::uint64_t>(sum.overflow);
        }
        break;
      case AccumulatorKind::sum_squares_integer:
        for (std::size_t row = 0; row < rows; ++row) {
          add_squares<PlainWords>(&to[row], &cold_to[row], from[row], (&from[row])[1],
                                  cold_from[row]);
        }
        break;
      case AccumulatorKind::sum_double:
      case AccumulatorKind::sum_shifted:
      case AccumulatorKind::sum_squares_shifted:
        for_words(rows, to, from, [](std::uint64_t& sum, std::uint64_t addend) {
          PlainWords::add_double(&sum, double_of(static_cast<std::int64_t>(addend)));
        });
        break;
      case AccumulatorKind::minimum:
        for_words(rows, to, from, [](std::uint64_t& least, std::uint64_t value) {
          least = static_cast<std::uint64_t>(
              std::min(static_cast<std::int64_t>(least), static_cast<std::int64_t>(value)));
        });
        break;
      case AccumulatorKind::maximum:
        for_words(rows, to, from, [](std::uint64_t& greatest, std::uint64_t value) {
          greatest = static_cast<std::uint64_t>(
              std::max(static_cast<std::int64_t>(greatest), static_cast<std::int64_t>(value)));
        });
        break;
    }
  }
}

void ChunkArithmetic::remove_each(RowGroup target, RowGroup source) const {
  for (std::size_t row = 0; row < target.rows; ++row) {
    remove_row(layout_,
               {target.hot + row * layout_.hot_words, target.cold + row * layout_.cold_words},
               {source.hot + row * layout_.hot_words, source.cold + row * layout_.cold_words});
  }
}

}  // namespace sluice::cpu
