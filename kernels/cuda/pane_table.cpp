#include "kernels/cuda/pane_table.hpp"

#include <algorithm>
#include <utility>

#include "kernels/cuda/open_chunks.hpp"

namespace sluice::cuda {

PaneTable::PaneTable(const RowLayout& layout, Stream& stream)
    : layout_(layout), chunk_words_(std::size_t{chunk_slots} * layout.words()) {
  totals_.host[0] = {};
  totals_.upload(1, stream);
}

PaneTableRef PaneTable::ref() noexcept {
  return {.layout = layout_,
          .directory = directory_.data(),
          .columns = static_cast<std::uint32_t>(columns_),
          .chunks = static_cast<std::uint32_t>(chunks_),
          .noted = noted_.data(),
          .free_chunks = free_chunks_.data(),
          .free_count = static_cast<std::uint32_t>(free_count_),
          .kept = static_cast<std::uint32_t>(std::min(kept_, free_count_)),
          .freed = freed_.data(),
          .open_pages = open_pages_.data(),
          .totals = totals_.device.data()};
}

void PaneTable::cover(std::size_t columns, std::size_t chunks, Stream& stream) {
  columns = std::max(columns, columns_);
  chunks = std::max(chunks, chunks_);
  if (columns == columns_ && chunks == chunks_) return;
  DeviceBuffer<ChunkEntry> larger(columns * chunks);
  DeviceBuffer<std::uint32_t> noted(columns);
  DeviceBuffer<ChunkEntry> open_pages(chunks);
  fill_bytes(larger.data(), 0, larger.bytes(), stream);
  move_directory(directory_.data(), static_cast<std::uint32_t>(columns_),
                 static_cast<std::uint32_t>(chunks_), larger.data(),
                 static_cast<std::uint32_t>(chunks), stream);
  fill_bytes(noted.data(), 0, noted.bytes(), stream);
  copy_on_device(noted.data(), noted_.data(), columns_, stream);
  fill_bytes(open_pages.data(), 0, open_pages.bytes(), stream);
  copy_on_device(open_pages.data(), open_pages_.data(), chunks_, stream);
  directory_ = std::move(larger);
  noted_ = std::move(noted);
  open_pages_ = std::move(open_pages);
  held_.resize(columns, false);
  columns_ = columns;
  chunks_ = chunks;
}

void PaneTable::add_chunks(std::size_t count, Stream& stream) {
  Block block{DeviceBuffer<std::uint64_t>(count * chunk_words_), count};
  const PinnedBuffer<ChunkEntry> entries = entries_of(block);
  if (free_chunks_.size() < pool_chunks_ + count) {
    const std::size_t size = std::max(pool_chunks_ + count, 2 * free_chunks_.size());
    DeviceBuffer<ChunkEntry> freed(size);
    resize(free_chunks_, size, free_count_, stream);
    copy_on_device(freed.data(), freed_.data(), freed_.size(), stream);
    freed_ = std::move(freed);
  }
  pool_chunks_ += count;
  blocks_.push_back(std::move(block));
  push_free(entries, stream);
}

PinnedBuffer<ChunkEntry> PaneTable::entries_of(Block& block) const {
  PinnedBuffer<ChunkEntry> entries(block.chunks);
  for (std::size_t i = 0; i < block.chunks; ++i) {
    entries[i] = entry_at(block.words.data() + (block.chunks - 1 - i) * chunk_words_);
  }
  return entries;
}

void PaneTable::push_free(const PinnedBuffer<ChunkEntry>& entries, Stream& stream) {
  copy_to_device(free_chunks_.data() + free_count_, entries.data(), entries.size(), stream);
  stream.synchronize();  // the entries go
  free_count_ += entries.size();
}

std::size_t PaneTable::taken(std::size_t popped) noexcept {
  const std::size_t got = std::min(popped, free_count_ - std::min(kept_, free_count_));
  free_count_ -= got;
  return popped - got;
}

void PaneTable::take_back(Stream& stream) {
  PoolTotals& totals = totals_.host[0];
  if (totals.freed == 0) return;
  copy_on_device(free_chunks_.data() + free_count_, freed_.data(), totals.freed, stream);
  fill_bytes(&totals_.device.data()->freed, 0, sizeof totals.freed, stream);
  free_count_ += totals.freed;
  totals.freed = 0;
}

void PaneTable::clear(Stream& stream) {
  fill_bytes(directory_.data(), 0, directory_.bytes(), stream);
  fill_bytes(open_pages_.data(), 0, open_pages_.bytes(), stream);
  fill_bytes(totals_.device.data(), 0, sizeof(PoolTotals), stream);
  totals_.host[0] = {};
  free_count_ = 0;
  for (Block& block : blocks_) push_free(entries_of(block), stream);
  fill_bytes(noted_.data(), 0, noted_.bytes(), stream);
  held_.assign(held_.size(), false);
}

std::vector<ColumnIndex> PaneTable::held_columns() const {
  std::vector<ColumnIndex> columns;
  for (ColumnIndex column = 0; column < held_.size(); ++column) {
    if (held_[column]) columns.push_back(column);
  }
  return columns;
}

}  // namespace sluice::cuda
