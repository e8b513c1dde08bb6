#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/accumulator.hpp"

namespace sluice::cpu {

/// A row of 2 or 4 hot words that one vector operation an event changes: besides the count, the
/// sum, the minimum and the maximum of one integer column, in any order, or some of them. Nulls may
/// be counted too, as long as there are none.
struct RowLanes {
  std::uint32_t lanes = 0;  ///< hot words; 0: the row is not of this kind
  std::uint32_t value = 0;  ///< the value column
  std::uint32_t nulls = 0;  ///< bit v: nulls of value column v are counted
  const AccumulatorSpec* sum = nullptr;
  // What a lane is: -1 or 0.
  std::int64_t adds[4] = {};
  std::int64_t minimum[4] = {};
  std::int64_t maximum[4] = {};
};

/// @param layout outlives the result
RowLanes lanes_of(const RowLayout& layout) noexcept;

// NOLINTBEGIN(modernize-use-using): attributes of vectors need a typedef.
typedef std::int64_t Lanes2 __attribute__((vector_size(16)));
typedef std::int64_t Lanes4 __attribute__((vector_size(32)));
typedef std::uint64_t UnsignedLanes2 __attribute__((vector_size(16)));
typedef std::uint64_t UnsignedLanes4 __attribute__((vector_size(32)));
// NOLINTEND(modernize-use-using)

/// Changes rows by whole vectors. Its loops are compiled for several instruction sets.
template <class Lanes>
class LaneLifter {
 public:
  using Unsigned =
      std::conditional_t<std::is_same_v<Lanes, Lanes2>, UnsignedLanes2, UnsignedLanes4>;
  static constexpr std::size_t lanes = sizeof(Lanes) / sizeof(std::int64_t);

  [[gnu::always_inline]] explicit LaneLifter(const RowLanes& row) {
    std::memcpy(&adds_, row.adds, sizeof adds_);
    std::memcpy(&minimum_, row.minimum, sizeof minimum_);
    std::memcpy(&maximum_, row.maximum, sizeof maximum_);
    one_ = Lanes{1};
  }

  /// Lifts a value into the row at `words`. The sum wraps.
  /// @param overflows gets the sign bit of a lane whose sum has overflowed
  template <bool HasOrder, bool Watch>
  [[gnu::always_inline]] void lift(std::uint64_t* words, std::int64_t value,
                                   Lanes& overflows) const {
    Lanes row;
    std::memcpy(&row, words, sizeof row);
    const Lanes all = value - Lanes{};
    const Lanes addend = (all & adds_) | one_;
    // Signed vectors must not overflow, unsigned ones wrap.
    const auto sum = reinterpret_cast<Lanes>(reinterpret_cast<Unsigned>(row) +
                                             reinterpret_cast<Unsigned>(addend));
    if constexpr (Watch) overflows |= (row ^ sum) & (addend ^ sum);
    if constexpr (HasOrder) {
      const Lanes least = row < all ? row : all;
      const Lanes greatest = row > all ? row : all;
      row = (least & minimum_) | (greatest & maximum_) | (sum & ~(minimum_ | maximum_));
    } else {
      row = sum;
    }
    std::memcpy(words, &row, sizeof row);
  }

  [[gnu::always_inline]] bool overflowed(const Lanes& overflows) const {
    std::int64_t any = 0;
    for (std::size_t k = 0; k < lanes; ++k) any |= overflows[k] & adds_[k];
    return any < 0;
  }

 private:
  Lanes adds_;
  Lanes minimum_;
  Lanes maximum_;
  Lanes one_;
};

}  // namespace sluice::cpu
