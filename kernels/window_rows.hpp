#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// The rows of one column or window, in no particular order. Row r belongs to slots[r]; its words
/// are words[r * layout.words()...): the hot words, then the cold ones.
struct WindowRows {
  std::vector<KeySlot> slots;
  std::vector<std::uint64_t> words;

  std::size_t size() const noexcept { return slots.size(); }
};

/// Rows that a closing program emitted to one output, or a part of them. Word w of row r is
/// hot[w * word_stride + r * row_stride]: as columns (row_stride 1) or as rows (word_stride 1). The
/// memory belongs to whoever made the piece.
struct RowPiece {
  std::uint32_t output = 0;
  std::uint32_t count = 0;
  const KeySlot* slots = nullptr;       ///< [count]
  const std::uint64_t* hot = nullptr;   ///< hot words
  const std::uint64_t* cold = nullptr;  ///< cold words, likewise; nullptr: all of them are 0
  std::size_t word_stride = 0;
  std::size_t row_stride = 0;
};

/// Where one thread puts the rows it emits: memory in blocks that stay where they are, used again
/// by the next program, and the pieces in it.
class RowArena {
 public:
  /// Room for the rows of a piece, as columns of `count` values each.
  struct Place {
    KeySlot* slots;
    std::uint64_t* hot;
    std::uint64_t* cold;  ///< nullptr: all 0
  };

  Place add(std::uint32_t output, std::uint32_t count, std::uint32_t hot_words,
            std::uint32_t cold_words);
  /// Copies `count` rows that lie one after another, the cold words of each behind its hot ones.
  void add_rows(std::uint32_t output, std::uint32_t count, const KeySlot* slots,
                const std::uint64_t* rows, std::uint32_t hot_words, std::uint32_t cold_words);
  /// Rows that lie in memory of the backend's own until the next program.
  void refer(const RowPiece& piece) { pieces_.push_back(piece); }
  /// Emits the last piece's rows to another output too. @pre some piece was added
  void repeat(std::uint32_t output) {
    pieces_.push_back(pieces_.back());
    pieces_.back().output = output;
  }
  void clear() noexcept;

  std::span<const RowPiece> pieces() const noexcept { return pieces_; }

 private:
  std::uint64_t* words(std::size_t count);

  struct Block {
    std::unique_ptr<std::uint64_t[]> words;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;  ///< the one in use
  std::size_t used_ = 0;   ///< words of it
  std::vector<RowPiece> pieces_;
};

/// What a closing program emitted, by output. Kept between programs to use its memory again.
class EmittedRows {
 public:
  /// Forgets everything. @param writers threads that emit, each into an arena of its own
  void clear(std::size_t outputs, std::size_t writers, const RowLayout& layout);
  RowArena& arena(std::size_t writer) { return arenas_[writer]; }
  /// Sorts the pieces by output; to be called by the backend when the program has run.
  void settle();

  std::size_t outputs() const noexcept { return outputs_; }
  std::span<const RowPiece> pieces_of(std::size_t output) const noexcept {
    return {sorted_.data() + first_[output], first_[output + 1] - first_[output]};
  }
  std::size_t rows_of(std::size_t output) const noexcept { return rows_[output]; }
  std::size_t rows() const noexcept { return all_rows_; }

  /// Keeps only the rows of these slots (ascending) in an output. After settle().
  void keep_only(std::size_t output, std::span<const KeySlot> slots);
  /// Appends an output's rows, row by row.
  void append_to(WindowRows& rows, std::size_t output) const;

 private:
  std::uint32_t hot_words_ = 0;
  std::uint32_t cold_words_ = 0;
  std::size_t outputs_ = 0;
  std::vector<RowArena> arenas_;
  std::vector<RowPiece> sorted_;
  std::vector<std::uint32_t> first_;  ///< [outputs + 1] in `sorted_`
  std::vector<std::size_t> rows_;     ///< [outputs]
  std::size_t all_rows_ = 0;
};

}  // namespace sluice
