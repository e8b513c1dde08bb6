#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Owner of the pane table in device memory: a directory over a pool of chunks; see PaneTableRef.
/// Passes take and free chunks through a view and the owner is told how many; growing happens
/// between passes. Memory that the pool has is kept until the end.
class PaneTable {
 public:
  PaneTable(const RowLayout& layout, Stream& stream);

  [[nodiscard]] PaneTableRef ref() noexcept;

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t chunks() const noexcept { return chunks_; }
  [[nodiscard]] static std::size_t directory_bytes(std::size_t columns,
                                                   std::size_t chunks) noexcept {
    return columns * chunks * sizeof(ChunkEntry);
  }
  [[nodiscard]] std::size_t directory_bytes() const noexcept {
    return directory_bytes(columns_, chunks_);
  }

  [[nodiscard]] std::size_t chunk_bytes() const noexcept {
    return chunk_words_ * sizeof(std::uint64_t);
  }
  [[nodiscard]] std::size_t pool_chunks() const noexcept { return pool_chunks_; }
  [[nodiscard]] std::size_t free_chunks() const noexcept { return free_count_; }
  [[nodiscard]] std::size_t pool_bytes() const noexcept { return pool_chunks_ * chunk_bytes(); }

  /// As the last settle() found them.
  [[nodiscard]] std::size_t sealed_chunks() const noexcept { return totals_.host[0].sealed_chunks; }
  [[nodiscard]] std::size_t sealed_bytes() const noexcept {
    return totals_.host[0].sealed_words * sizeof(std::uint64_t);
  }

  /// Makes the directory at least this large in both directions.
  /// @throws OutOfMemory, and nothing has changed.
  void cover(std::size_t columns, std::size_t chunks, Stream& stream);

  /// Adds chunks to the pool. @throws OutOfMemory, and nothing has changed.
  void add_chunks(std::size_t count, Stream& stream);

  /// How many free chunks the passes from now on leave in the pool.
  void keep(std::size_t chunks) noexcept { kept_ = chunks; }
  [[nodiscard]] std::size_t kept() const noexcept { return kept_; }

  /// A pass tried `popped` times to take a chunk. @returns how often in vain.
  std::size_t taken(std::size_t popped) noexcept;

  /// Starts bringing down what passes gave back; take_back() puts it into the pool once the stream
  /// has been synchronised and taken() has been told what the pass took: both are at the top.
  void download_totals(Stream& stream) { totals_.download(1, stream); }
  void take_back(Stream& stream);

  /// Drops every column.
  void clear(Stream& stream);

  /// Whether a column may hold rows: set where rows are written, cleared where a whole column is
  /// reset or dropped. A column that is noted on the device is held here, too.
  [[nodiscard]] bool holds(ColumnIndex column) const noexcept {
    return column < held_.size() && held_[column];
  }
  void set_held(ColumnIndex column) { held_[column] = true; }
  void set_empty(ColumnIndex column) { held_[column] = false; }
  [[nodiscard]] std::vector<ColumnIndex> held_columns() const;

 private:
  /// Device memory of one growth.
  struct Block {
    DeviceBuffer<std::uint64_t> words;
    std::size_t chunks;
  };

  [[nodiscard]] PinnedBuffer<ChunkEntry> entries_of(Block& block) const;
  void push_free(const PinnedBuffer<ChunkEntry>& entries, Stream& stream);

  RowLayout layout_;
  std::size_t chunk_words_;
  std::size_t columns_ = 0;
  std::size_t chunks_ = 0;
  std::size_t pool_chunks_ = 0;
  std::size_t free_count_ = 0;
  std::size_t kept_ = 0;
  DeviceBuffer<ChunkEntry> directory_;
  DeviceBuffer<ChunkEntry> open_pages_;
  std::vector<Block> blocks_;
  DeviceBuffer<ChunkEntry> free_chunks_;
  DeviceBuffer<ChunkEntry> freed_;
  MirroredBuffer<PoolTotals> totals_{1};
  DeviceBuffer<std::uint32_t> noted_;
  std::vector<bool> held_;
};

}  // namespace sluice::cuda
