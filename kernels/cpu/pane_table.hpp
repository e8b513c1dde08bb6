#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/chunk_pool.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/cpu/state_budget.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Slots in a chunk.
inline constexpr std::size_t chunk_rows = 256;

/// Rows in place: all hot parts, one after another, then all cold parts.
struct RowGroup {
  std::uint64_t* hot = nullptr;
  std::uint64_t* cold = nullptr;
  explicit operator bool() const noexcept { return hot != nullptr; }
};

class PaneTable;

/// The rows of one column by slot, for loops: nothing is looked up twice. Valid while the directory
/// does not grow.
class ColumnRows {
 public:
  /// Where a row's hot part lies. Opens its chunk. @pre covered, and the budget has room.
  std::uint64_t* operator()(KeySlot slot) const {
    const std::size_t chunk = slot / chunk_rows;
    const std::uint32_t id =
        std::atomic_ref<std::uint32_t>(directory_[chunk]).load(std::memory_order_acquire);
    if (id == ChunkPool::none) [[unlikely]]
      return opened(slot);
    return base_ + (id - 1) * chunk_words_ + slot % chunk_rows * hot_words_;
  }

 private:
  friend class PaneTable;
  std::uint64_t* opened(KeySlot slot) const;

  PaneTable* table_;
  ColumnIndex column_;
  std::uint32_t* directory_;
  std::uint64_t* base_;
  std::size_t chunk_words_;
  std::size_t hot_words_;
};

/// Rows by (column, key slot): a directory [columns x chunks] over a pool of chunks, each the rows
/// of 256 consecutive slots. A chunk comes into being at its first touch, filled with identities.
///
/// Several threads may open chunks and change rows that are not the same; all else is done by one.
class PaneTable {
 public:
  PaneTable(const RowLayout& layout, StateBudget& budget);

  const RowLayout& layout() const noexcept { return layout_; }

  /// Makes room in the directory for this many columns and slots. @returns false, and changes
  /// nothing, when the budget is used up.
  bool cover(std::size_t columns, std::size_t slots);
  std::size_t columns() const noexcept { return columns_; }
  std::size_t slots() const noexcept { return chunks_ * chunk_rows; }

  /// The chunk if it is open. Anything outside the directory is not.
  RowGroup chunk(ColumnIndex column, std::size_t chunk) const noexcept;
  /// Opens the chunk if it is not open; empty when the budget is used up. @pre covered.
  RowGroup open(ColumnIndex column, std::size_t chunk);
  void drop(ColumnIndex column, std::size_t chunk);
  void reset(RowGroup group) const noexcept;
  /// Sets marks[r] where some column holds a row for slot r of this chunk.
  void mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept;
  /// Gives everything back.
  void clear();

  /// @pre covered.
  ColumnRows rows(ColumnIndex column);
  RowSpace space() const noexcept {
    return {pool_.address(1), chunk_rows, layout_.hot_words, layout_.cold_words};
  }

  /// Whether opening `chunks` more chunks cannot fail.
  bool has_room(std::size_t chunks) const noexcept { return pool_.available() >= chunks; }

  /// Whether a column may hold rows. Set where rows are written, cleared by reset and drop of the
  /// whole column.
  bool holds(ColumnIndex column) const noexcept { return column < columns_ && held_[column] != 0; }
  void set_held(ColumnIndex column, bool held) noexcept {
    if (column < columns_) held_[column] = held ? 1 : 0;
  }
  std::size_t held() const noexcept;
  std::size_t chunk_bytes() const noexcept { return pool_.chunk_bytes(); }

 private:
  std::atomic_ref<std::uint32_t> entry(ColumnIndex column, std::size_t chunk) const noexcept {
    return std::atomic_ref<std::uint32_t>(
        const_cast<std::uint32_t&>(directory_[column * chunks_ + chunk]));
  }
  RowGroup group(std::uint32_t id) const noexcept {
    std::uint64_t* const hot = pool_.address(id);
    return {hot, hot + chunk_rows * layout_.hot_words};
  }

  RowLayout layout_;
  StateBudget& budget_;
  ChunkPool pool_;
  std::vector<std::uint64_t> empty_chunk_;
  std::size_t columns_ = 0;
  std::size_t chunks_ = 0;
  std::vector<std::uint32_t> directory_;  ///< [columns x chunks] chunk numbers
  std::vector<std::uint8_t> held_;        ///< [columns]
};

}  // namespace sluice::cpu
