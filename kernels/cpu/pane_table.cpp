#include "kernels/cpu/pane_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "kernels/cpu/chunk_operations.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t first_columns = 16;
// Chunks that a worker takes at a time.
constexpr std::size_t chunks_ahead = 32;

// Chunks of fewer rows are not worth another core, nor the pieces that windows then come in.
constexpr std::size_t least_shared_rows = 64;

/// Rows of a chunk for so many slots.
std::size_t chunk_rows_for(std::size_t slots) noexcept {
  const std::size_t all = std::bit_ceil(std::max(slots, min_chunk_rows));
  return std::min(all, std::clamp(all / 4, least_shared_rows, max_chunk_rows));
}

/// Words of a chunk; no row of up to 64 bytes lies in two cache lines.
std::size_t chunk_words_of(const RowLayout& layout, std::size_t rows) noexcept {
  const std::size_t alignment = std::min<std::size_t>(layout.hot_words, 8);
  return (rows * layout.words() + alignment - 1) / alignment * alignment;
}

std::vector<std::uint64_t> empty_chunk_of(const RowLayout& layout, std::size_t rows) {
  std::vector<std::uint64_t> words(chunk_words_of(layout, rows));
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (identity_word(spec) == 0) continue;
    for (std::size_t row = 0; row < rows; ++row) {
      words[row * layout.hot_words + spec.hot] = identity_word(spec);
    }
  }
  return words;
}

/// A layer's directory with more columns and chunks.
std::vector<std::uint64_t*> grown(const std::vector<std::uint64_t*>& old, std::size_t old_columns,
                                  std::size_t old_chunks, std::size_t columns, std::size_t chunks) {
  std::vector<std::uint64_t*> directory(columns * chunks);
  for (std::size_t column = 0; column < old_columns; ++column) {
    std::copy_n(old.data() + column * old_chunks, old_chunks, directory.data() + column * chunks);
  }
  return directory;
}

}  // namespace

PaneTable::PaneTable(const RowLayout& layout, StateBudget& budget, unsigned workers)
    : layout_(layout),
      budget_(budget),
      layers_(workers),
      pool_(pool_of(chunk_rows_)),
      empty_chunk_(empty_chunk_of(layout, chunk_rows_)),
      sealed_(layout, budget, workers),
      arithmetic_(std::make_unique<ChunkArithmetic>(layout)) {
  for (unsigned worker = 0; worker < layers_.size(); ++worker) reset(spoil_rows(worker));
}

PaneTable::~PaneTable() = default;

std::unique_ptr<ChunkPool> PaneTable::pool_of(std::size_t rows) const {
  return std::make_unique<ChunkPool>(chunk_words_of(layout_, rows), layers_.size(), budget_);
}

std::size_t PaneTable::directory_bytes(std::size_t columns, std::size_t chunks) const noexcept {
  return columns * (layers_covered_ * chunks * sizeof(Chunk) + 1);
}

bool PaneTable::covers(std::size_t columns, std::size_t slots) const noexcept {
  return chunk_rows_for(slots) <= chunk_rows_ && columns <= columns_ && slots <= this->slots();
}

bool PaneTable::cover(std::size_t columns, std::size_t slots) {
  if (covers(columns, slots)) return true;
  assert(std::all_of(layers_.begin(), layers_.end(),
                     [](const Layer& layer) { return layer.opened.empty(); }));
  const std::size_t rows = chunk_rows_for(slots);
  if (rows > chunk_rows_) enlarge_chunks(rows);
  const std::size_t chunks = (slots + chunk_rows_ - 1) / chunk_rows_;
  if (columns <= columns_ && chunks <= chunks_) return true;
  const std::size_t new_columns =
      columns <= columns_ ? columns_ : std::max(first_columns, std::bit_ceil(columns));
  const std::size_t new_chunks = chunks <= chunks_ ? chunks_ : std::bit_ceil(chunks);
  if (!budget_.take(directory_bytes(new_columns, new_chunks) -
                    directory_bytes(columns_, chunks_))) {
    return false;
  }
  for (std::size_t layer = 0; layer < layers_covered_; ++layer) {
    auto& directory = layers_[layer].directory;
    directory = grown(directory, columns_, chunks_, new_columns, new_chunks);
  }
  held_.resize(new_columns);
  columns_ = new_columns;
  chunks_ = new_chunks;
  return true;
}

std::size_t PaneTable::bytes_of_more(std::size_t columns, std::size_t slots) const noexcept {
  if (columns == 0) return 0;
  const std::size_t rows = std::max(chunk_rows_, chunk_rows_for(slots));
  const std::size_t chunks = (slots + rows - 1) / rows;
  const std::size_t chunk_bytes = chunk_words_of(layout_, rows) * sizeof(std::uint64_t);
  const std::size_t all = std::max(first_columns, std::bit_ceil(columns_ + columns));
  const std::size_t covered = (this->slots() + rows - 1) / rows;
  const std::size_t sealing = rows == sealed_slots ? sealed_.bytes_ahead(all, chunks) : 0;
  return sealing + columns * chunks * chunk_bytes +
         directory_bytes(all, std::max(covered, std::bit_ceil(chunks))) -
         std::min(directory_bytes(columns_, chunks_), directory_bytes(columns_, covered));
}

/// Chunks that layer 0 would have if each took in `merged` of those it has.
std::size_t PaneTable::chunks_after(std::size_t merged) const noexcept {
  std::size_t count = 0;
  std::size_t last = columns_ * chunks_;
  const auto& directory = layers_[0].directory;
  for (std::size_t at = 0; at < directory.size(); ++at) {
    const std::size_t target = at / chunks_ * chunks_ + at % chunks_ / merged;
    if (directory[at] == nullptr || target == last) continue;
    last = target;
    ++count;
  }
  return count;
}

void PaneTable::enlarge_chunks(std::size_t rows) {
  const std::size_t merged = rows / chunk_rows_;
  const std::size_t chunks = (chunks_ + merged - 1) / merged;
  // The rows are there twice for a moment.
  const std::size_t bytes = chunk_words_of(layout_, rows) * sizeof(std::uint64_t);
  if (chunks_after(merged) > budget_.left() / bytes) return;
  std::unique_ptr<ChunkPool> pool = pool_of(rows);
  std::vector<std::uint64_t> empty = empty_chunk_of(layout_, rows);
  std::vector<Chunk> directory(columns_ * chunks);
  const auto& old = layers_[0].directory;
  for (std::size_t at = 0; at < old.size(); ++at) {
    if (old[at] == nullptr) continue;
    const std::size_t number = at % chunks_;
    Chunk& to = directory[at / chunks_ * chunks + number / merged];
    if (to == nullptr) {
      to = pool->take();
      assert(to != nullptr);
      std::copy(empty.begin(), empty.end(), to);
    }
    const RowGroup from = group(old[at]);
    const std::size_t row = number % merged * chunk_rows_;
    std::copy_n(from.hot, chunk_rows_ * layout_.hot_words, to + row * layout_.hot_words);
    std::copy_n(from.cold, chunk_rows_ * layout_.cold_words,
                to + rows * layout_.hot_words + row * layout_.cold_words);
  }
  std::vector<Chunk> emptied = old;
  std::erase(emptied, nullptr);
  pool_->give(emptied);
  budget_.give(directory_bytes(columns_, chunks_) - directory_bytes(columns_, chunks));
  pool_ = std::move(pool);
  empty_chunk_ = std::move(empty);
  layers_[0].directory = std::move(directory);
  for (std::size_t layer = 1; layer < layers_covered_; ++layer) {
    layers_[layer].directory.assign(columns_ * chunks, nullptr);
  }
  chunks_ = chunks;
  chunk_rows_ = rows;
  for (unsigned worker = 0; worker < layers_.size(); ++worker) reset(spoil_rows(worker));
}

RowGroup PaneTable::chunk(ColumnIndex column, std::size_t chunk) const noexcept {
  if (column >= columns_ || chunk >= chunks_) return {};
  const Chunk found = entry(place(column, chunk)).load(std::memory_order_acquire);
  return found == nullptr ? RowGroup{} : group(found);
}

RowGroup PaneTable::open(ColumnIndex column, std::size_t chunk) {
  const auto at = entry(place(column, chunk));
  Chunk found = at.load(std::memory_order_acquire);
  if (found != nullptr) return group(found);
  const Chunk fresh = pool_->take();
  if (fresh == nullptr) {
    // Another thread may have opened it with the last of the budget.
    found = at.load(std::memory_order_acquire);
    return found == nullptr ? RowGroup{} : group(found);
  }
  reset(group(fresh));
  if (at.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) return group(fresh);
  pool_->give(fresh);
  return group(found);
}

RowGroup PaneTable::open_unset(ColumnIndex column, std::size_t chunk) {
  const Chunk fresh = pool_->take();
  if (fresh == nullptr) return {};
  entry(place(column, chunk)).store(fresh, std::memory_order_release);
  return group(fresh);
}

RowGroup PaneTable::open(Writer writer, ColumnIndex column, std::size_t chunk) {
  const std::size_t where = place(column, chunk);
  const auto at = entry(where, writer.layer);
  Chunk found = at.load(std::memory_order_acquire);
  if (found != nullptr) return group(found);
  const Chunk fresh = take_chunk(writer.worker);
  if (fresh == nullptr) {
    found = at.load(std::memory_order_acquire);
    return found == nullptr ? RowGroup{} : group(found);
  }
  reset(group(fresh));
  if (writer.layer != 0) {
    at.store(fresh, std::memory_order_relaxed);
    layers_[writer.layer].opened.push_back(where);
  } else if (!at.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) {
    layers_[writer.worker].spare.push_back(fresh);
    return group(found);
  }
  return group(fresh);
}

PaneTable::Chunk PaneTable::take_chunk(unsigned worker) {
  std::vector<Chunk>& spare = layers_[worker].spare;
  if (spare.empty()) {
    spare.resize(chunks_ahead);
    spare.resize(pool_->take(spare));
    std::reverse(spare.begin(), spare.end());
    if (spare.empty()) return nullptr;
  }
  const Chunk chunk = spare.back();
  spare.pop_back();
  return chunk;
}

bool PaneTable::has_room(std::size_t chunks) const noexcept {
  // Each worker may hold some that another one lacks.
  return budget_.left() / chunk_bytes() >= chunks + layers_.size() * chunks_ahead;
}

void PaneTable::end_opening() {
  for (Layer& layer : layers_) {
    if (!layer.spare.empty()) pool_->give(layer.spare);
    layer.spare.clear();
  }
}

bool PaneTable::cover_layers() {
  if (layers_covered_ == layers_.size()) return true;
  const std::size_t added = layers_.size() - layers_covered_;
  if (!budget_.take(added * columns_ * chunks_ * sizeof(Chunk))) return false;
  layers_covered_ = layers_.size();
  for (std::size_t layer = 1; layer < layers_covered_; ++layer) {
    layers_[layer].directory.assign(columns_ * chunks_, nullptr);
  }
  return true;
}

void PaneTable::merge(unsigned layer, std::size_t opened) {
  const std::size_t where = layers_[layer].opened[opened];
  const Chunk found = std::exchange(layers_[layer].directory[where], nullptr);
  const auto at = entry(where);
  const Chunk target = at.load(std::memory_order_relaxed);
  if (target == nullptr) {
    at.store(found, std::memory_order_relaxed);
    return;
  }
  arithmetic_->combine(group(target), group(found));
  pool_->give(found);
}

void PaneTable::end_merging() {
  for (Layer& layer : layers_) layer.opened.clear();
}

RowFinder PaneTable::rows(Writer writer) noexcept {
  RowFinder rows;
  rows.table_ = this;
  rows.writer_ = writer;
  rows.directory_ = layers_[writer.layer].directory.data();
  rows.chunks_ = chunks_;
  rows.shift_ = static_cast<unsigned>(std::countr_zero(chunk_rows_));
  rows.mask_ = chunk_rows_ - 1;
  rows.hot_words_ = layout_.hot_words;
  return rows;
}

void PaneTable::drop(ColumnIndex column, std::size_t chunk) {
  if (column >= columns_ || chunk >= chunks_) return;
  const Chunk found = entry(place(column, chunk)).exchange(nullptr);
  if (found != nullptr) pool_->give(found);
}

void PaneTable::drop_from(std::size_t slot) {
  for (ColumnIndex column = 0; column < columns_; ++column) {
    for (std::size_t chunk = (slot + chunk_rows_ - 1) / chunk_rows_; chunk < chunks_; ++chunk) {
      drop(column, chunk);
    }
  }
}

void PaneTable::reset(RowGroup group) const noexcept {
  std::memcpy(group.hot, empty_chunk_.data(), pool_->chunk_bytes());
}

void PaneTable::mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept {
  sealed_.mark_rows(chunk, marks);
  for (std::size_t column = 0; column < columns_; ++column) {
    const RowGroup rows = this->chunk(static_cast<ColumnIndex>(column), chunk);
    if (!rows) continue;
    for (std::size_t row = 0; row < marks.size(); ++row) {
      if (rows.hot[row * layout_.hot_words] != 0) marks[row] = 1;
    }
  }
}

void PaneTable::clear() {
  sealed_.clear();
  for (std::size_t column = 0; column < columns_; ++column) {
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      drop(static_cast<ColumnIndex>(column), chunk);
    }
  }
  budget_.give(directory_bytes(columns_, chunks_));
  for (Layer& layer : layers_) layer.directory.clear();
  held_.clear();
  layers_covered_ = 1;
  columns_ = 0;
  chunks_ = 0;
}

std::size_t PaneTable::held() const noexcept {
  return static_cast<std::size_t>(std::count(held_.begin(), held_.end(), std::uint8_t{1}));
}

}  // namespace sluice::cpu
