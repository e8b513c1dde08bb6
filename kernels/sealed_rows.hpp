#pragma once

#include <cstdint>

#include "kernels/accumulator.hpp"
#include "kernels/hd.hpp"

namespace sluice {

/// The rows of a chunk that is hardly written any more (ColumnStep::seal), stored by what they hold
/// and not by what they could hold: only the rows that are not empty, each word of theirs in the
/// narrowest of 0, 1, 2, 4 and 8 bytes. In 8-byte words:
///
///   4 words              bitmap: bit s is set where slot s of the chunk has a row
///   (words + 7) / 8      the width in bytes of each word of the layout, a byte each: the hot words
///                        (padding included), then the cold ones
///   for each width > 0   the word of all rows, in the order of slots, as two's complement of that
///                        width; padded to 8 bytes
///
/// A word of width 0 is the identity (identity_word, 0) in every row. Widths and positions follow
/// from the rows alone, so every backend writes the same bytes.

inline constexpr std::uint32_t sealed_slots = 256;  ///< a sealed chunk has at most as many slots
inline constexpr std::uint32_t sealed_bitmap_words = sealed_slots / 64;
/// Most words a layout has: every accumulator with two hot words and a cold one.
inline constexpr std::uint32_t max_row_words =
    (2 * max_accumulators + 8) / 8 * 8 + max_accumulators;

/// Number of bits set.
SLUICE_HD inline std::uint32_t count_bits(std::uint64_t bits) noexcept {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint32_t>(__popcll(bits));
#else
  return static_cast<std::uint32_t>(__builtin_popcountll(bits));
#endif
}

/// The narrowest width that holds every value from `least` to `greatest`, but for the identity.
SLUICE_HD constexpr std::uint32_t sealed_width(std::int64_t least, std::int64_t greatest,
                                               std::uint64_t identity) noexcept {
  if (least == greatest && static_cast<std::uint64_t>(least) == identity) return 0;
  if (least >= -0x80 && greatest <= 0x7f) return 1;
  if (least >= -0x8000 && greatest <= 0x7fff) return 2;
  if (least >= -std::int64_t{0x8000'0000} && greatest <= 0x7fff'ffff) return 4;
  return 8;
}

static_assert(sealed_width(0, 0, 0) == 0 && sealed_width(7, 7, 0) == 1);
static_assert(sealed_width(-128, 127, 0) == 1 && sealed_width(-129, 0, 0) == 2);
static_assert(sealed_width(0, 0x8000, 0) == 4 && sealed_width(0, 0x8000'0000, 0) == 8);

/// 8-byte words that `rows` values of `width` bytes take.
SLUICE_HD constexpr std::uint32_t sealed_column_words(std::uint32_t width,
                                                      std::uint32_t rows) noexcept {
  return (width * rows + 7) / 8;
}

SLUICE_HD constexpr std::uint32_t sealed_header_words(std::uint32_t row_words) noexcept {
  return sealed_bitmap_words + (row_words + 7) / 8;
}

/// A view of a sealed chunk; trivially copyable. `Word` is const for readers. The memory is 8-byte
/// aligned.
template <class Word>
class SealedView {
 public:
  SLUICE_HD SealedView(Word* memory, std::uint32_t row_words) noexcept
      : memory_(memory), row_words_(row_words) {}

  SLUICE_HD bool has_row(std::uint32_t slot) const noexcept {
    return (memory_[slot / 64] >> slot % 64 & 1) != 0;
  }
  /// Rows of the slots before `slot`: the number of its row. O(1).
  SLUICE_HD std::uint32_t rank(std::uint32_t slot) const noexcept {
    std::uint32_t rows = 0;
    for (std::uint32_t w = 0; w < slot / 64; ++w) rows += count_bits(memory_[w]);
    if (slot % 64 == 0) return rows;
    return rows + count_bits(memory_[slot / 64] << (64 - slot % 64));
  }
  SLUICE_HD std::uint32_t rows() const noexcept { return rank(sealed_slots); }

  SLUICE_HD std::uint32_t width(std::uint32_t word) const noexcept {
    return static_cast<std::uint32_t>(memory_[sealed_bitmap_words + word / 8] >> word % 8 * 8) &
           0xff;
  }

  /// Calls visit(word, width, memory of its values) for each word of the layout, in order.
  template <class Visit>
  SLUICE_HD void each_word(Visit visit) const {
    const std::uint32_t count = rows();
    Word* values = memory_ + sealed_header_words(row_words_);
    for (std::uint32_t word = 0; word < row_words_; ++word) {
      const std::uint32_t bytes = width(word);
      visit(word, bytes, values);
      values += sealed_column_words(bytes, count);
    }
  }

  /// Copies row number `rank` to `hot` and `cold`, which hold identities where a word has width 0.
  SLUICE_HD void read_row(std::uint32_t rank, std::uint32_t hot_words, RowRef row) const noexcept {
    each_word([&](std::uint32_t word, std::uint32_t bytes, const std::uint64_t* values) {
      if (bytes == 0) return;
      (word < hot_words ? row.hot[word] : row.cold[word - hot_words]) =
          static_cast<std::uint64_t>(value_at(values, bytes, rank));
    });
  }

  /// Value number `rank` of a word of width > 0.
  SLUICE_HD static std::int64_t value_at(const std::uint64_t* values, std::uint32_t bytes,
                                         std::uint32_t rank) noexcept {
    switch (bytes) {
      case 1:
        return reinterpret_cast<const std::int8_t*>(values)[rank];
      case 2:
        return reinterpret_cast<const std::int16_t*>(values)[rank];
      case 4:
        return reinterpret_cast<const std::int32_t*>(values)[rank];
      default:
        return static_cast<std::int64_t>(values[rank]);
    }
  }

 private:
  Word* memory_;
  std::uint32_t row_words_;
};

using SealedRows = SealedView<const std::uint64_t>;

/// Writes `value` as value number `rank` of a word of width `bytes`.
SLUICE_HD inline void set_sealed_value(std::uint64_t* values, std::uint32_t bytes,
                                       std::uint32_t rank, std::uint64_t value) noexcept {
  switch (bytes) {
    case 1:
      reinterpret_cast<std::int8_t*>(values)[rank] = static_cast<std::int8_t>(value);
      break;
    case 2:
      reinterpret_cast<std::int16_t*>(values)[rank] = static_cast<std::int16_t>(value);
      break;
    case 4:
      reinterpret_cast<std::int32_t*>(values)[rank] = static_cast<std::int32_t>(value);
      break;
    case 8:
      values[rank] = value;
      break;
    default:
      break;
  }
}

/// Writes row number `rank` of a chunk whose bitmap and widths are written already. Rows may be
/// written by different threads at once: no two rows share a byte.
SLUICE_HD inline void write_sealed_row(std::uint64_t* memory, std::uint32_t row_words,
                                       std::uint32_t rank, std::uint32_t hot_words,
                                       RowRef row) noexcept {
  const SealedView<std::uint64_t> view(memory, row_words);
  view.each_word([&](std::uint32_t word, std::uint32_t bytes, std::uint64_t* values) {
    set_sealed_value(values, bytes, rank,
                     word < hot_words ? row.hot[word] : row.cold[word - hot_words]);
  });
}

/// 8-byte words that a chunk of `rows` rows takes. @param widths [row_words]
SLUICE_HD inline std::uint32_t sealed_size(const std::uint8_t* widths, std::uint32_t row_words,
                                           std::uint32_t rows) noexcept {
  std::uint32_t words = sealed_header_words(row_words);
  for (std::uint32_t w = 0; w < row_words; ++w) words += sealed_column_words(widths[w], rows);
  return words;
}

/// Writes bitmap and widths; done by one thread.
SLUICE_HD inline void write_sealed_header(std::uint64_t* memory, const std::uint64_t* bitmap,
                                          const std::uint8_t* widths,
                                          std::uint32_t row_words) noexcept {
  for (std::uint32_t w = 0; w < sealed_bitmap_words; ++w) memory[w] = bitmap[w];
  for (std::uint32_t first = 0; first < row_words; first += 8) {
    std::uint64_t packed = 0;
    for (std::uint32_t w = first; w < row_words && w < first + 8; ++w) {
      packed |= std::uint64_t{widths[w]} << w % 8 * 8;
    }
    memory[sealed_bitmap_words + first / 8] = packed;
  }
}

}  // namespace sluice
