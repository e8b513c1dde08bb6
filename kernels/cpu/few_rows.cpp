#include "kernels/cpu/few_rows.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

// Half of a first-level cache of 32 KiB; the events' columns pass through the rest.
constexpr std::size_t memory_words = 2048;
constexpr std::size_t most_copies = 4;
constexpr unsigned most_room_bits = 62;

/// The copies of the rows.
struct Copies {
  std::uint64_t* memory;
  std::size_t count;
  std::size_t words;  ///< of each
};

template <class Lanes, bool HasOrder, std::size_t Count, class Numbers, class Value>
[[gnu::always_inline]] inline void lift_rows(const RowLanes& row, const Copies& copies,
                                             Numbers numbers, const Value* values,
                                             std::size_t size) {
  const LaneLifter<Lanes> lifter(row);
  std::uint64_t* const memory = copies.memory;
  const std::size_t words = copies.words;
  Lanes none{};
  std::size_t k = 0;
  for (; k + 4 <= size; k += 4) {
    for (std::size_t n = 0; n < 4; ++n) {
      lifter.template lift<HasOrder, false>(
          memory + n % Count * words + std::size_t{numbers[k + n]} * lifter.lanes, values[k + n],
          none);
    }
  }
  for (; k < size; ++k) {
    lifter.template lift<HasOrder, false>(memory + std::size_t{numbers[k]} * lifter.lanes,
                                          values[k], none);
  }
}

template <class Lanes, bool HasOrder, class Numbers, class Value>
[[gnu::always_inline]] inline void lift_copies(const RowLanes& row, const Copies& copies,
                                               const Numbers& numbers, const Value* values,
                                               std::size_t size) {
  if (copies.count == 4) {
    lift_rows<Lanes, HasOrder, 4>(row, copies, numbers, values, size);
  } else if (copies.count == 2) {
    lift_rows<Lanes, HasOrder, 2>(row, copies, numbers, values, size);
  } else {
    lift_rows<Lanes, HasOrder, 1>(row, copies, numbers, values, size);
  }
}

template <class Numbers, class Value>
[[gnu::always_inline]] inline void lift_any(const RowLanes& row, const Copies& copies,
                                            const Numbers& numbers, const Value* values,
                                            std::size_t size) {
  if (row.lanes == 4) {
    lift_copies<Lanes4, true>(row, copies, numbers, values, size);
  } else if (row.sum != nullptr) {
    lift_copies<Lanes2, false>(row, copies, numbers, values, size);
  } else {
    lift_copies<Lanes2, true>(row, copies, numbers, values, size);
  }
}

template <class Numbers, class Value>
SLUICE_AVX2 void lift_avx2(const RowLanes& row, const Copies& copies, const Numbers& numbers,
                           const Value* values, std::size_t size) {
  lift_any(row, copies, numbers, values, size);
}
template <class Numbers, class Value>
SLUICE_AVX512 void lift_avx512(const RowLanes& row, const Copies& copies, const Numbers& numbers,
                               const Value* values, std::size_t size) {
  lift_any(row, copies, numbers, values, size);
}

[[gnu::always_inline]] inline unsigned bits_of(const std::int64_t* values, std::size_t size) {
  std::int64_t bits = 0;
  for (std::size_t k = 0; k < size; ++k) bits |= values[k] ^ (values[k] >> 63);
  // The magnitude of a negative number is one more than its complement.
  return static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(bits))) + 1;
}
SLUICE_AVX2 unsigned bits_avx2(const std::int64_t* values, std::size_t size) {
  return bits_of(values, size);
}
SLUICE_AVX512 unsigned bits_avx512(const std::int64_t* values, std::size_t size) {
  return bits_of(values, size);
}

}  // namespace

FewRows::FewRows(const RowLayout& layout, const RowLanes& lanes, Instructions set)
    : layout_(layout), lanes_(lanes), set_(set), cold_(layout.cold_words) {}

bool FewRows::fit(std::size_t slots) {
  const std::size_t most = memory_words / layout_.hot_words;
  if (slots + 1 > most) return false;
  const std::size_t wanted = std::bit_ceil(slots + 1) - 1;
  if (wanted == slots_) return true;
  slots_ = wanted;
  copies_ = std::min(most_copies, std::bit_floor(most / (slots_ + 1)));
  memory_.resize(copies_ * (slots_ + 1) * layout_.hot_words);
  for (std::size_t at = 0; at < memory_.size(); at += layout_.hot_words) {
    reset_row(layout_, {memory_.data() + at, cold_.data()});
  }
  return true;
}

bool FewRows::has_room(std::size_t size, unsigned magnitude_bits) const noexcept {
  const unsigned bits = magnitude_bits + static_cast<unsigned>(std::bit_width(size));
  return bits < most_room_bits && room_used_ + (std::uint64_t{1} << bits) < std::uint64_t{1}
                                                                                << most_room_bits;
}

template <class Numbers, class Value>
std::size_t FewRows::lift(const Numbers& numbers, const Value* values, std::size_t size,
                          unsigned magnitude_bits) noexcept {
  room_used_ += std::uint64_t{1} << (magnitude_bits + static_cast<unsigned>(std::bit_width(size)));
  const Copies copies{memory_.data(), copies_, (slots_ + 1) * layout_.hot_words};
  if (set_ == Instructions::avx512) {
    lift_avx512(lanes_, copies, numbers, values, size);
  } else {
    lift_avx2(lanes_, copies, numbers, values, size);
  }
  std::size_t none = 0;
  for (std::size_t copy = 0; copy < copies_; ++copy) {
    none += std::exchange(memory_[copy * copies.words], 0);
  }
  return none;
}

template std::size_t FewRows::lift(const NumbersOfSlots&, const std::int32_t*, std::size_t,
                                   unsigned) noexcept;
template std::size_t FewRows::lift(const NumbersOfSlots&, const std::int64_t*, std::size_t,
                                   unsigned) noexcept;
template std::size_t FewRows::lift(const NumbersOfKeys<std::uint32_t>&, const std::int32_t*,
                                   std::size_t, unsigned) noexcept;
template std::size_t FewRows::lift(const NumbersOfKeys<std::uint32_t>&, const std::int64_t*,
                                   std::size_t, unsigned) noexcept;
template std::size_t FewRows::lift(const NumbersOfKeys<std::uint64_t>&, const std::int32_t*,
                                   std::size_t, unsigned) noexcept;
template std::size_t FewRows::lift(const NumbersOfKeys<std::uint64_t>&, const std::int64_t*,
                                   std::size_t, unsigned) noexcept;

void FewRows::empty_into(std::span<const RowGroup> chunks) noexcept {
  const std::size_t chunk_rows = chunks.front().rows;
  for (std::size_t copy = 0; copy < copies_; ++copy) {
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const RowRef from{row(copy, slot), cold_.data()};
      if (from.hot[0] == 0) continue;
      const RowGroup& chunk = chunks[slot / chunk_rows];
      const std::size_t to = slot % chunk_rows;
      combine_row<PlainWords>(
          layout_, {chunk.hot + to * layout_.hot_words, chunk.cold + to * layout_.cold_words},
          from);
      reset_row(layout_, from);
    }
  }
  room_used_ = 0;
}

unsigned magnitude_bits(Instructions set, const std::int64_t* values, std::size_t size) noexcept {
  switch (set) {
    case Instructions::avx512:
      return bits_avx512(values, size);
    case Instructions::avx2:
      return bits_avx2(values, size);
    case Instructions::plain:
      break;
  }
  return bits_of(values, size);
}

}  // namespace sluice::cpu
