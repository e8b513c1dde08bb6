#include "kernels/window_rows.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr std::size_t block_words = std::size_t{1} << 16;

}  // namespace

RowArena::Place RowArena::add(std::uint32_t output, std::uint32_t count, std::uint32_t hot_words,
                              std::uint32_t cold_words) {
  const std::size_t rows = count;
  const std::size_t slot_words = (rows * sizeof(KeySlot) + 7) / 8;
  std::uint64_t* const memory = words(slot_words + rows * (hot_words + cold_words));
  std::uint64_t* const hot = memory + slot_words;
  const Place place{reinterpret_cast<KeySlot*>(memory), hot,
                    cold_words == 0 ? nullptr : hot + rows * hot_words};
  pieces_.push_back({output, count, place.slots, place.hot, place.cold, rows, 1});
  return place;
}

void RowArena::add_rows(std::uint32_t output, std::uint32_t count, const KeySlot* slots,
                        const std::uint64_t* rows, std::uint32_t hot_words,
                        std::uint32_t cold_words) {
  const std::size_t row_words = hot_words + cold_words;
  const Place place = add(output, count, hot_words, cold_words);
  std::copy_n(slots, count, place.slots);
  std::copy_n(rows, count * row_words, place.hot);
  RowPiece& piece = pieces_.back();
  piece.cold = cold_words == 0 ? nullptr : place.hot + hot_words;
  piece.word_stride = 1;
  piece.row_stride = row_words;
}

std::uint64_t* RowArena::words(std::size_t count) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < count) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(count, block_words);
    blocks_.push_back({std::make_unique_for_overwrite<std::uint64_t[]>(size), size});
  }
  std::uint64_t* const place = blocks_[block_].words.get() + used_;
  used_ += count;
  return place;
}

void RowArena::clear() noexcept {
  block_ = 0;
  used_ = 0;
  pieces_.clear();
}

void EmittedRows::clear(std::size_t outputs, std::size_t writers, const RowLayout& layout) {
  hot_words_ = layout.hot_words;
  cold_words_ = layout.cold_words;
  outputs_ = outputs;
  if (arenas_.size() < writers) arenas_.resize(writers);
  for (RowArena& arena : arenas_) arena.clear();
  sorted_.clear();
  first_.assign(outputs + 1, 0);
  rows_.assign(outputs, 0);
  all_rows_ = 0;
}

void EmittedRows::settle() {
  std::size_t pieces = 0;
  for (const RowArena& arena : arenas_) {
    pieces += arena.pieces().size();
    for (const RowPiece& piece : arena.pieces()) {
      ++first_[piece.output + 1];
      rows_[piece.output] += piece.count;
      all_rows_ += piece.count;
    }
  }
  for (std::size_t output = 0; output < outputs_; ++output) first_[output + 1] += first_[output];
  sorted_.resize(pieces);
  // first_[o] runs from the first place of o to its end, and is set back below.
  for (const RowArena& arena : arenas_) {
    for (const RowPiece& piece : arena.pieces()) sorted_[first_[piece.output]++] = piece;
  }
  std::copy_backward(first_.begin(), first_.end() - 1, first_.end());
  first_[0] = 0;
}

void EmittedRows::keep_only(std::size_t output, std::span<const KeySlot> slots) {
  std::vector<std::uint32_t> kept;
  rows_[output] = 0;
  for (std::uint32_t p = first_[output]; p < first_[output + 1]; ++p) {
    RowPiece& piece = sorted_[p];
    kept.clear();
    for (std::uint32_t r = 0; r < piece.count; ++r) {
      if (std::binary_search(slots.begin(), slots.end(), piece.slots[r])) kept.push_back(r);
    }
    rows_[output] += kept.size();
    all_rows_ -= piece.count - kept.size();
    if (kept.size() == piece.count) continue;
    const RowPiece from = piece;
    const std::uint32_t cold_words = from.cold == nullptr ? 0 : cold_words_;
    const auto count = static_cast<std::uint32_t>(kept.size());
    const RowArena::Place to =
        arenas_[0].add(static_cast<std::uint32_t>(output), count, hot_words_, cold_words);
    piece = arenas_[0].pieces().back();
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t r = kept[i] * from.row_stride;
      to.slots[i] = from.slots[kept[i]];
      for (std::uint32_t w = 0; w < hot_words_; ++w) {
        to.hot[w * count + i] = from.hot[w * from.word_stride + r];
      }
      for (std::uint32_t w = 0; w < cold_words; ++w) {
        to.cold[w * count + i] = from.cold[w * from.word_stride + r];
      }
    }
  }
}

void EmittedRows::append_to(WindowRows& rows, std::size_t output) const {
  for (const RowPiece& piece : pieces_of(output)) {
    rows.slots.insert(rows.slots.end(), piece.slots, piece.slots + piece.count);
    for (std::uint32_t i = 0; i < piece.count; ++i) {
      const std::size_t r = i * piece.row_stride;
      for (std::uint32_t w = 0; w < hot_words_; ++w) {
        rows.words.push_back(piece.hot[w * piece.word_stride + r]);
      }
      for (std::uint32_t w = 0; w < cold_words_; ++w) {
        rows.words.push_back(piece.cold == nullptr ? 0 : piece.cold[w * piece.word_stride + r]);
      }
    }
  }
}

}  // namespace sluice
