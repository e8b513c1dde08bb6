#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/cpu/chunk_pool.hpp"
#include "kernels/cpu/row_space.hpp"
#include "kernels/cpu/sealed_chunks.hpp"
#include "kernels/cpu/state_budget.hpp"
#include "kernels/types.hpp"

namespace sluice::cpu {

/// Slots in a chunk: a power of two between these, see PaneTable::chunk_rows.
inline constexpr std::size_t min_chunk_rows = 4;
inline constexpr std::size_t max_chunk_rows = 256;

/// Rows in place: all hot parts, one after another, then all cold parts.
struct RowGroup {
  std::uint64_t* hot = nullptr;
  std::uint64_t* cold = nullptr;
  std::size_t rows = 0;
  explicit operator bool() const noexcept { return hot != nullptr; }
};

class ChunkArithmetic;
class PaneTable;

/// Where a thread writes: its number among the workers and the layer its rows lie in.
struct Writer {
  unsigned worker = 0;
  unsigned layer = 0;
};

/// Where one layer's rows lie, for loops that look rows up one by one. Valid while the directory
/// does not grow.
class RowFinder {
 public:
  /// One column's part of the directory.
  std::uint64_t* const* chunks_of(ColumnIndex column) const noexcept {
    return directory_ + column * chunks_;
  }
  /// A row's hot part; nullptr where its chunk is not open.
  std::uint64_t* find(std::uint64_t* const* chunks, KeySlot slot) const noexcept {
    // Other threads may open chunks.
    std::uint64_t* const chunk = __atomic_load_n(chunks + (slot >> shift_), __ATOMIC_ACQUIRE);
    return chunk == nullptr ? nullptr : chunk + (slot & mask_) * hot_words_;
  }
  /// A row's hot part. Opens its chunk; nullptr when the budget is used up. @pre covered
  std::uint64_t* open(ColumnIndex column, KeySlot slot) const;

 private:
  friend class PaneTable;

  PaneTable* table_;
  Writer writer_;
  std::uint64_t* const* directory_;
  std::size_t chunks_;
  unsigned shift_;
  std::size_t mask_;
  std::size_t hot_words_;
};

/// Rows by (column, key slot): a directory [columns x chunks] over a pool of chunks, each the rows
/// of some consecutive slots. A chunk comes into being at its first touch, filled with identities.
///
/// Beside these rows (layer 0) each worker may have a layer of rows of its own: then no two workers
/// change the same row. Layers are added to layer 0 before rows are read or memory is looked for.
///
/// Several threads may open chunks, each as a worker of its own, and change rows that are not the
/// same; they may drop, reset and open_unset different chunks. All else is done by one.
class PaneTable {
 public:
  PaneTable(const RowLayout& layout, StateBudget& budget, unsigned workers = 1);
  ~PaneTable();

  const RowLayout& layout() const noexcept { return layout_; }

  /// Makes room in the directory for this many columns and slots. @returns false, and changes
  /// nothing, when the budget is used up. Chunks may become larger: pointers into them are void.
  /// @pre all layers are merged, or it covers that
  bool cover(std::size_t columns, std::size_t slots);
  /// Whether cover() has nothing to do.
  bool covers(std::size_t columns, std::size_t slots) const noexcept;
  /// Bytes that so many more columns of this many slots may take.
  std::size_t bytes_of_more(std::size_t columns, std::size_t slots) const noexcept;
  std::size_t columns() const noexcept { return columns_; }
  std::size_t slots() const noexcept { return chunks_ * chunk_rows_; }
  /// Slots of a chunk now. While there are few keys a few chunks hold them all, and a pane takes no
  /// more memory than their rows.
  std::size_t chunk_rows() const noexcept { return chunk_rows_; }

  /// The chunk if it is open. Anything outside the directory is not.
  RowGroup chunk(ColumnIndex column, std::size_t chunk) const noexcept;
  /// Opens the chunk if it is not open; empty when the budget is used up. @pre covered.
  RowGroup open(ColumnIndex column, std::size_t chunk);
  RowGroup open(Writer writer, ColumnIndex column, std::size_t chunk);
  /// The same for a caller that then writes every word of the rows: they hold anything.
  /// @pre not open, and no other thread opens it
  RowGroup open_unset(ColumnIndex column, std::size_t chunk);
  void drop(ColumnIndex column, std::size_t chunk);
  /// Drops the chunks of all columns that lie at or beyond a slot, of which none has a row.
  void drop_from(std::size_t slot);
  void reset(RowGroup group) const noexcept;
  /// Sets marks[r] where some column holds a row for slot r of this chunk.
  void mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept;
  /// Gives everything back.
  void clear();

  RowFinder rows(Writer writer = {}) noexcept;
  /// Rows of the worker outside the state: the first, which nobody reads, takes events that must
  /// not count; the others are empty between passes.
  RowGroup spoil_rows(unsigned worker) const noexcept {
    return group(pool_->base() + worker * pool_->chunk_words());
  }
  std::uint64_t* spoil(unsigned worker) const noexcept { return spoil_rows(worker).hot; }

  /// Gives back what workers have taken ahead of opening.
  void end_opening();

  /// Gives every worker but the first a directory of its own. @returns false, and changes nothing,
  /// when the budget is used up.
  bool cover_layers();
  /// Chunks open in a layer above 0, in the order of opening.
  std::size_t layer_chunks(unsigned layer) const noexcept { return layers_[layer].opened.size(); }
  /// Moves chunk number `opened` of a layer to layer 0, or adds it there. Thread-safe for different
  /// chunks of one layer.
  void merge(unsigned layer, std::size_t opened);
  /// @pre all chunks of all layers are merged
  void end_merging();

  RowSpace space() const noexcept {
    return {pool_->base(), pool_->chunk_words(), chunk_rows_, layout_.hot_words,
            layout_.cold_words};
  }

  /// Whether opening `chunks` more chunks cannot fail, whichever workers do it.
  bool has_room(std::size_t chunks) const noexcept;

  /// Sealed chunks: their rows count beside those of the open ones.
  SealedChunks& sealed() noexcept { return sealed_; }
  const SealedChunks& sealed() const noexcept { return sealed_; }

  /// Whether a column may hold rows. Set where rows are written, cleared by reset and drop of the
  /// whole column.
  bool holds(ColumnIndex column) const noexcept { return column < columns_ && held_[column] != 0; }
  void set_held(ColumnIndex column, bool held) noexcept {
    if (column < columns_) held_[column] = held ? 1 : 0;
  }
  std::size_t held() const noexcept;
  std::size_t chunk_bytes() const noexcept { return pool_->chunk_bytes(); }

 private:
  using Chunk = std::uint64_t*;

  /// What one worker has for itself.
  struct alignas(64) Layer {
    std::vector<Chunk> directory;     ///< [columns x chunks] nullptr: not open
    std::vector<std::size_t> opened;  ///< places in the directory, of a layer above 0
    std::vector<Chunk> spare;         ///< chunks taken ahead
  };

  std::atomic_ref<Chunk> entry(std::size_t place, unsigned layer = 0) const noexcept {
    return std::atomic_ref<Chunk>(const_cast<Chunk&>(layers_[layer].directory[place]));
  }
  std::size_t place(ColumnIndex column, std::size_t chunk) const noexcept {
    return column * chunks_ + chunk;
  }
  RowGroup group(Chunk chunk) const noexcept {
    return {chunk, chunk + chunk_rows_ * layout_.hot_words, chunk_rows_};
  }
  Chunk take_chunk(unsigned worker);
  std::unique_ptr<ChunkPool> pool_of(std::size_t rows) const;
  std::size_t directory_bytes(std::size_t columns, std::size_t chunks) const noexcept;
  /// Moves all rows to chunks of this many rows, if the budget can hold both for the time.
  void enlarge_chunks(std::size_t rows);
  std::size_t chunks_after(std::size_t merged) const noexcept;

  RowLayout layout_;
  StateBudget& budget_;
  std::size_t chunk_rows_ = min_chunk_rows;
  std::vector<Layer> layers_;  ///< one a worker
  std::size_t layers_covered_ = 1;
  std::unique_ptr<ChunkPool> pool_;
  std::vector<std::uint64_t> empty_chunk_;
  std::size_t columns_ = 0;
  std::size_t chunks_ = 0;
  std::vector<std::uint8_t> held_;  ///< [columns]
  SealedChunks sealed_;
  std::unique_ptr<const ChunkArithmetic> arithmetic_;
};

inline std::uint64_t* RowFinder::open(ColumnIndex column, KeySlot slot) const {
  const RowGroup group = table_->open(writer_, column, slot >> shift_);
  return group ? group.hot + (slot & mask_) * hot_words_ : nullptr;
}

}  // namespace sluice::cpu
