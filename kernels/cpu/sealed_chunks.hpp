#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/state_budget.hpp"
#include "kernels/sealed_rows.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Rows of a chunk in place; see PaneTable.
struct RowGroup;

/// The sealed chunks of the pane table, in the form of kernels/sealed_rows.hpp. A chunk's rows are
/// the sum of its sealed and its open form: a late event opens the chunk anew beside the sealed
/// one, and the next seal brings both together.
///
/// Memory is a log of pages: sealed chunks lie one after another in the order of sealing, and a
/// page goes back when its last one is dropped. Panes are sealed and dropped in the order of time,
/// so pages fill and empty as a whole.
///
/// Different chunks may be sealed and dropped by different workers; all else is done by one thread.
class SealedChunks {
 public:
  SealedChunks(const RowLayout& layout, StateBudget& budget, unsigned workers);
  ~SealedChunks();

  /// Makes room in the directory. @returns false, and changes nothing, when the budget is used up
  bool cover(std::size_t columns, std::size_t chunks);
  /// Bytes that sealing in so many columns may take before it gives any back: each sealed chunk is
  /// at most half of the open one, which then goes.
  std::size_t bytes_ahead(std::size_t columns, std::size_t chunks) const noexcept;

  /// The chunk's sealed form, or nullptr.
  const std::uint64_t* find(ColumnIndex column, std::size_t chunk) const noexcept {
    return column < columns_ && chunk < chunks_ ? directory_[column * chunks_ + chunk] : nullptr;
  }
  /// Seals the rows where that makes them smaller by half; of no rows it keeps nothing. @pre not
  /// sealed. @returns false, and keeps nothing, where it does not, or when the budget is used up
  bool seal(unsigned worker, ColumnIndex column, std::size_t chunk, const RowGroup& rows);
  void drop(ColumnIndex column, std::size_t chunk);
  /// Writes every word of the rows of a sealed chunk, and nothing else. Cold words are left out
  /// where `rows` has no memory for them.
  void expand(const std::uint64_t* sealed, const RowGroup& rows) const noexcept;
  /// Whether every slot of the chunk has a row.
  bool is_full(const std::uint64_t* sealed) const noexcept;
  /// Whether some row has a cold word other than 0.
  bool has_cold(const std::uint64_t* sealed) const noexcept;
  /// Copies one row over identities. @returns false where the slot has none
  bool expand_row(const std::uint64_t* sealed, std::uint32_t slot, RowRef row) const noexcept;

  /// Sets marks[r] where some column has a sealed row for slot r of this chunk.
  void mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept;
  /// Gives everything back.
  void clear();

 private:
  struct Page;
  struct Shape;

  std::uint64_t* take(unsigned worker, std::size_t words);
  void release(Page* page);
  Page* new_page();

  RowLayout layout_;
  std::vector<std::uint64_t> identity_;  ///< of each word
  StateBudget& budget_;
  std::size_t columns_ = 0;
  std::size_t chunks_ = 0;
  std::vector<std::uint64_t*> directory_;  ///< [columns x chunks]
  std::vector<Page*> current_;             ///< by worker: the page it fills, or nullptr
  std::mutex mutex_;                       ///< once a page
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<Page*> free_;
};

}  // namespace sluice::cpu
