#include "kernels/cpu/pane_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace sluice::cpu {
namespace {

constexpr std::size_t first_columns = 16;
constexpr std::size_t first_chunks = 4;

std::vector<std::uint64_t> empty_chunk_of(const RowLayout& layout) {
  std::vector<std::uint64_t> words(chunk_rows * layout.words());
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (identity_word(spec) == 0) continue;
    for (std::size_t row = 0; row < chunk_rows; ++row) {
      words[row * layout.hot_words + spec.hot] = identity_word(spec);
    }
  }
  return words;
}

std::size_t directory_bytes(std::size_t columns, std::size_t chunks) {
  return columns * (chunks * sizeof(std::uint32_t) + 1);
}

}  // namespace

PaneTable::PaneTable(const RowLayout& layout, StateBudget& budget)
    : layout_(layout),
      budget_(budget),
      pool_(chunk_rows * layout.words(), budget),
      empty_chunk_(empty_chunk_of(layout)) {}

bool PaneTable::cover(std::size_t columns, std::size_t slots) {
  const std::size_t chunks = (slots + chunk_rows - 1) / chunk_rows;
  if (columns <= columns_ && chunks <= chunks_) return true;
  const std::size_t new_columns =
      columns <= columns_ ? columns_ : std::max(first_columns, std::bit_ceil(columns));
  const std::size_t new_chunks =
      chunks <= chunks_ ? chunks_ : std::max(first_chunks, std::bit_ceil(chunks));
  if (!budget_.take(directory_bytes(new_columns, new_chunks) -
                    directory_bytes(columns_, chunks_))) {
    return false;
  }
  std::vector<std::uint32_t> grown(new_columns * new_chunks, ChunkPool::none);
  for (std::size_t column = 0; column < columns_; ++column) {
    std::copy_n(directory_.data() + column * chunks_, chunks_, grown.data() + column * new_chunks);
  }
  directory_ = std::move(grown);
  held_.resize(new_columns);
  columns_ = new_columns;
  chunks_ = new_chunks;
  return true;
}

RowGroup PaneTable::chunk(ColumnIndex column, std::size_t chunk) const noexcept {
  if (column >= columns_ || chunk >= chunks_) return {};
  const std::uint32_t id = entry(column, chunk).load(std::memory_order_acquire);
  return id == ChunkPool::none ? RowGroup{} : group(id);
}

RowGroup PaneTable::open(ColumnIndex column, std::size_t chunk) {
  const auto place = entry(column, chunk);
  std::uint32_t id = place.load(std::memory_order_acquire);
  if (id != ChunkPool::none) return group(id);
  const std::uint32_t fresh = pool_.take();
  if (fresh == ChunkPool::none) {
    // Another thread may have opened it with the last of the budget.
    id = place.load(std::memory_order_acquire);
    return id == ChunkPool::none ? RowGroup{} : group(id);
  }
  reset(group(fresh));
  if (place.compare_exchange_strong(id, fresh, std::memory_order_acq_rel)) return group(fresh);
  pool_.give(fresh);
  return group(id);
}

ColumnRows PaneTable::rows(ColumnIndex column) {
  ColumnRows rows;
  rows.table_ = this;
  rows.column_ = column;
  rows.directory_ = directory_.data() + column * chunks_;
  rows.base_ = pool_.address(1);
  rows.chunk_words_ = pool_.chunk_words();
  rows.hot_words_ = layout_.hot_words;
  return rows;
}

std::uint64_t* ColumnRows::opened(KeySlot slot) const {
  const RowGroup group = table_->open(column_, slot / chunk_rows);
  assert(group);
  return group.hot + slot % chunk_rows * hot_words_;
}

void PaneTable::drop(ColumnIndex column, std::size_t chunk) {
  if (column >= columns_ || chunk >= chunks_) return;
  const std::uint32_t id = entry(column, chunk).exchange(ChunkPool::none);
  if (id != ChunkPool::none) pool_.give(id);
}

void PaneTable::reset(RowGroup group) const noexcept {
  std::memcpy(group.hot, empty_chunk_.data(), pool_.chunk_bytes());
}

void PaneTable::mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept {
  for (std::size_t column = 0; column < columns_; ++column) {
    const RowGroup rows = this->chunk(static_cast<ColumnIndex>(column), chunk);
    if (!rows) continue;
    for (std::size_t row = 0; row < marks.size(); ++row) {
      if (rows.hot[row * layout_.hot_words] != 0) marks[row] = 1;
    }
  }
}

void PaneTable::clear() {
  for (std::size_t column = 0; column < columns_; ++column) {
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      drop(static_cast<ColumnIndex>(column), chunk);
    }
  }
  budget_.give(directory_bytes(columns_, chunks_));
  directory_.clear();
  held_.clear();
  columns_ = 0;
  chunks_ = 0;
}

std::size_t PaneTable::held() const noexcept {
  return static_cast<std::size_t>(std::count(held_.begin(), held_.end(), std::uint8_t{1}));
}

}  // namespace sluice::cpu
