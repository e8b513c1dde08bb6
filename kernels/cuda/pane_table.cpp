#include "kernels/cuda/pane_table.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "kernels/cuda/open_chunks.hpp"

namespace sluice::cuda {

PaneTable::PaneTable(const RowLayout& layout, std::size_t segment_bytes)
    : layout_(layout),
      chunk_words_(std::size_t{chunk_slots} * layout.words()),
      segment_shift_(static_cast<std::uint32_t>(
          std::bit_width(std::max<std::size_t>(segment_bytes / chunk_bytes(), 1)) - 1)) {}

PaneTableRef PaneTable::ref() noexcept {
  return {.layout = layout_,
          .directory = directory_.data(),
          .columns = static_cast<std::uint32_t>(columns_),
          .chunks = static_cast<std::uint32_t>(chunks_),
          .segments = segments_.device.data(),
          .segment_shift = segment_shift_,
          .noted = noted_.data(),
          .free_chunks = free_chunks_.data(),
          .free_count = static_cast<std::uint32_t>(free_count_)};
}

void PaneTable::cover(std::size_t columns, std::size_t chunks, Stream& stream) {
  columns = std::max(columns, columns_);
  chunks = std::max(chunks, chunks_);
  if (columns == columns_ && chunks == chunks_) return;
  DeviceBuffer<ChunkEntry> larger(columns * chunks);
  DeviceBuffer<std::uint32_t> noted(columns);
  fill_bytes(larger.data(), 0, larger.bytes(), stream);
  move_directory(directory_.data(), static_cast<std::uint32_t>(columns_),
                 static_cast<std::uint32_t>(chunks_), larger.data(),
                 static_cast<std::uint32_t>(chunks), stream);
  fill_bytes(noted.data(), 0, noted.bytes(), stream);
  copy_on_device(noted.data(), noted_.data(), columns_, stream);
  directory_ = std::move(larger);
  noted_ = std::move(noted);
  held_.resize(columns, false);
  columns_ = columns;
  chunks_ = chunks;
}

void PaneTable::add_chunks(std::size_t count, Stream& stream) {
  const std::size_t new_segments = (count + segment_chunks() - 1) / segment_chunks();
  Block block{DeviceBuffer<std::uint64_t>(count * chunk_words_), segment_count_ * segment_chunks(),
              count};
  const PinnedBuffer<std::uint32_t> numbers = numbers_of(block);
  if (free_chunks_.size() < pool_chunks_ + count) {
    resize(free_chunks_, std::max(pool_chunks_ + count, 2 * free_chunks_.size()), free_count_,
           stream);
  }
  if (segments_.size() < segment_count_ + new_segments) {
    MirroredBuffer<std::uint64_t*> larger(
        std::max(segment_count_ + new_segments, 2 * segments_.size()));
    std::copy_n(segments_.host.data(), segment_count_, larger.host.data());
    segments_ = std::move(larger);
  }
  for (std::size_t s = 0; s < new_segments; ++s) {
    segments_.host[segment_count_ + s] = block.words.data() + s * segment_chunks() * chunk_words_;
  }
  segment_count_ += new_segments;
  segments_.upload(segment_count_, stream);
  pool_chunks_ += count;
  blocks_.push_back(std::move(block));
  push_free(numbers, stream);
}

PinnedBuffer<std::uint32_t> PaneTable::numbers_of(const Block& block) {
  PinnedBuffer<std::uint32_t> numbers(block.chunks);
  std::iota(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(block.first_chunk));
  std::reverse(numbers.begin(), numbers.end());
  return numbers;
}

void PaneTable::push_free(const PinnedBuffer<std::uint32_t>& numbers, Stream& stream) {
  copy_to_device(free_chunks_.data() + free_count_, numbers.data(), numbers.size(), stream);
  stream.synchronize();  // the numbers go
  free_count_ += numbers.size();
}

std::size_t PaneTable::taken(std::size_t popped) noexcept {
  const std::size_t got = std::min(popped, free_count_);
  free_count_ -= got;
  return popped - got;
}

void PaneTable::give_back(const std::uint32_t* freed, std::size_t count, Stream& stream) {
  copy_on_device(free_chunks_.data() + free_count_, freed, count, stream);
  free_count_ += count;
}

void PaneTable::clear(Stream& stream) {
  fill_bytes(directory_.data(), 0, directory_.bytes(), stream);
  free_count_ = 0;
  for (const Block& block : blocks_) push_free(numbers_of(block), stream);
  fill_bytes(noted_.data(), 0, noted_.bytes(), stream);
  held_.assign(held_.size(), false);
}

void PaneTable::set_empty(ColumnIndex column, Stream& stream) {
  if (!held_[column]) return;
  held_[column] = false;
  fill_bytes(noted_.data() + column, 0, sizeof(std::uint32_t), stream);
}

std::vector<ColumnIndex> PaneTable::held_columns() const {
  std::vector<ColumnIndex> columns;
  for (ColumnIndex column = 0; column < held_.size(); ++column) {
    if (held_[column]) columns.push_back(column);
  }
  return columns;
}

}  // namespace sluice::cuda
