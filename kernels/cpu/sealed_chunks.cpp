#include "kernels/cpu/sealed_chunks.hpp"

#include <algorithm>
#include <bit>

#include "kernels/cpu/pane_table.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t page_words = std::size_t{1} << 13;

/// A word whose highest bit tells the width that all of `values` need.
std::uint64_t folded(std::uint64_t value) {
  return value ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> 63);
}

std::uint8_t width_of(std::uint64_t folded_bits) {
  const auto bits = static_cast<int>(std::bit_width(folded_bits));
  return bits == 0 ? std::uint8_t{1} : bits < 8 ? 1 : bits < 16 ? 2 : bits < 32 ? 4 : 8;
}

/// widths[w] <- what word w of the rows needs, 0 where all are 0. @tparam Words of a row, known
/// where it is not 0
template <std::uint32_t Words>
void fold(const std::uint64_t* from, std::uint32_t row_words, const std::uint8_t* rows,
          std::size_t count, std::uint8_t* widths) {
  const std::uint32_t width = Words != 0 ? Words : row_words;
  std::uint64_t any[Words != 0 ? Words : max_row_words] = {};
  std::uint64_t bits[Words != 0 ? Words : max_row_words] = {};
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t* const row = from + std::size_t{rows[i]} * width;
    for (std::uint32_t w = 0; w < width; ++w) {
      any[w] |= row[w];
      bits[w] |= folded(row[w]);
    }
  }
  for (std::uint32_t w = 0; w < width; ++w) {
    widths[w] = any[w] == 0 ? std::uint8_t{0} : width_of(bits[w]);
  }
}

void fold_words(const std::uint64_t* from, std::uint32_t row_words, const std::uint8_t* rows,
                std::size_t count, std::uint8_t* widths) {
  switch (row_words) {
    case 1:
      return fold<1>(from, row_words, rows, count, widths);
    case 2:
      return fold<2>(from, row_words, rows, count, widths);
    case 4:
      return fold<4>(from, row_words, rows, count, widths);
    default:
      return fold<0>(from, row_words, rows, count, widths);
  }
}

template <class Value>
void write_values(const std::uint64_t* from, std::size_t stride, const std::uint8_t* rows,
                  std::size_t count, std::uint64_t* to) {
  auto* const values = reinterpret_cast<Value*>(to);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<Value>(from[rows[i] * stride]);
}

template <class Value>
void read_values(const std::uint64_t* from, const std::uint8_t* rows, std::size_t count,
                 std::uint64_t* to, std::size_t stride) {
  const auto* const values = reinterpret_cast<const Value*>(from);
  for (std::size_t i = 0; i < count; ++i) {
    to[rows[i] * stride] = static_cast<std::uint64_t>(std::int64_t{values[i]});
  }
}

/// Calls visit(value of the right width) with a type for a width > 0.
template <class Visit>
void with_width(std::uint32_t width, Visit visit) {
  switch (width) {
    case 1:
      return visit(std::int8_t{});
    case 2:
      return visit(std::int16_t{});
    case 4:
      return visit(std::int32_t{});
    default:
      return visit(std::int64_t{});
  }
}

/// One word of a layout in a chunk.
struct WordPlace {
  std::uint64_t* first;
  std::size_t stride;
};

WordPlace place_of(const RowLayout& layout, const RowGroup& rows, std::uint32_t word) {
  if (word < layout.hot_words) return {rows.hot + word, layout.hot_words};
  return {rows.cold + (word - layout.hot_words), layout.cold_words};
}

}  // namespace

struct SealedChunks::Page {
  std::atomic<std::size_t> users{0};  ///< sealed chunks in it, and 1 while it is filled
  std::size_t used = 0;
  std::uint64_t words[page_words];
};

/// Which rows a chunk holds, and how wide their words are.
struct SealedChunks::Shape {
  Shape(const RowLayout& layout, const RowGroup& group);

  std::uint64_t bitmap[sealed_bitmap_words] = {};
  std::uint32_t count = 0;
  std::uint8_t rows[sealed_slots];
  std::uint8_t widths[max_row_words];
};

SealedChunks::Shape::Shape(const RowLayout& layout, const RowGroup& group) {
  for (std::size_t row = 0; row < group.rows; ++row) {
    const std::uint64_t held = group.hot[row * layout.hot_words] != 0 ? 1 : 0;
    rows[count] = static_cast<std::uint8_t>(row);
    count += static_cast<std::uint32_t>(held);
    bitmap[row / 64] |= held << row % 64;
  }
  fold_words(group.hot, layout.hot_words, rows, count, widths);
  fold_words(group.cold, layout.cold_words, rows, count, widths + layout.hot_words);
  // The identity of an extreme is no 0, and its 0 no identity.
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (identity_word(spec) == 0) continue;
    bool identity = true;
    for (std::uint32_t i = 0; i < count && identity; ++i) {
      identity =
          group.hot[rows[i] * std::size_t{layout.hot_words} + spec.hot] == identity_word(spec);
    }
    std::uint8_t& width = widths[spec.hot];
    width = identity ? std::uint8_t{0} : std::max(width, std::uint8_t{1});
  }
}

SealedChunks::SealedChunks(const RowLayout& layout, StateBudget& budget, unsigned workers)
    : layout_(layout), identity_(layout.words()), budget_(budget), current_(workers) {
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (identity_word(spec) != 0) identity_[spec.hot] = identity_word(spec);
  }
}

SealedChunks::~SealedChunks() = default;

bool SealedChunks::cover(std::size_t columns, std::size_t chunks) {
  if (columns <= columns_ && chunks <= chunks_) return true;
  const std::size_t new_columns = std::max(columns_, std::bit_ceil(columns));
  const std::size_t new_chunks = std::max(chunks_, std::bit_ceil(chunks));
  const std::size_t added = new_columns * new_chunks - columns_ * chunks_;
  if (!budget_.take(added * sizeof(std::uint64_t*))) return false;
  std::vector<std::uint64_t*> grown(new_columns * new_chunks);
  for (std::size_t column = 0; column < columns_; ++column) {
    std::copy_n(directory_.data() + column * chunks_, chunks_, grown.data() + column * new_chunks);
  }
  directory_ = std::move(grown);
  columns_ = new_columns;
  chunks_ = new_chunks;
  return true;
}

std::size_t SealedChunks::bytes_ahead(std::size_t columns, std::size_t chunks) const noexcept {
  const std::size_t entries =
      std::max(columns_, std::bit_ceil(columns)) * std::max(chunks_, std::bit_ceil(chunks));
  const std::size_t pages = current_.size() * sizeof(Page);
  return (entries - columns_ * chunks_) * sizeof(std::uint64_t*) +
         std::min(pages, budget_.limit() / 8);
}

bool SealedChunks::seal(unsigned worker, ColumnIndex column, std::size_t chunk,
                        const RowGroup& rows) {
  if (column >= columns_ || chunk >= chunks_) return false;
  const Shape shape(layout_, rows);
  const std::uint32_t size = sealed_size(shape.widths, layout_.words(), shape.count);
  if (shape.count == 0) return true;
  if (size > sealed_slots * layout_.words() / 2) return false;
  std::uint64_t* const memory = take(worker, size);
  if (memory == nullptr) return false;
  write_sealed_header(memory, shape.bitmap, shape.widths, layout_.words());
  const SealedView<std::uint64_t> view(memory, layout_.words());
  view.each_word([&](std::uint32_t word, std::uint32_t width, std::uint64_t* to) {
    if (width == 0) return;
    const WordPlace from = place_of(layout_, rows, word);
    with_width(width, [&](auto value) {
      write_values<decltype(value)>(from.first, from.stride, shape.rows, shape.count, to);
    });
  });
  directory_[column * chunks_ + chunk] = memory;
  return true;
}

void SealedChunks::expand(const std::uint64_t* sealed, const RowGroup& rows) const noexcept {
  std::uint8_t numbers[sealed_slots];
  std::uint32_t count = 0;
  for (std::uint32_t w = 0; w < sealed_bitmap_words; ++w) {
    for (std::uint64_t bits = sealed[w]; bits != 0; bits &= bits - 1) {
      numbers[count++] =
          static_cast<std::uint8_t>(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }
  SealedRows(sealed, layout_.words())
      .each_word([&](std::uint32_t word, std::uint32_t width, const std::uint64_t* from) {
        if (word >= layout_.hot_words && rows.cold == nullptr) return;
        const WordPlace to = place_of(layout_, rows, word);
        if (width == 0) {
          for (std::uint32_t i = 0; i < count; ++i) {
            to.first[numbers[i] * to.stride] = identity_[word];
          }
          return;
        }
        with_width(width, [&](auto value) {
          read_values<decltype(value)>(from, numbers, count, to.first, to.stride);
        });
      });
}

bool SealedChunks::is_full(const std::uint64_t* sealed) const noexcept {
  return SealedRows(sealed, layout_.words()).rows() == sealed_slots;
}

bool SealedChunks::has_cold(const std::uint64_t* sealed) const noexcept {
  const SealedRows rows(sealed, layout_.words());
  for (std::uint32_t word = layout_.hot_words; word < layout_.words(); ++word) {
    if (rows.width(word) != 0) return true;
  }
  return false;
}

bool SealedChunks::expand_row(const std::uint64_t* sealed, std::uint32_t slot,
                              RowRef row) const noexcept {
  const SealedRows rows(sealed, layout_.words());
  if (!rows.has_row(slot)) return false;
  rows.read_row(rows.rank(slot), layout_.hot_words, row);
  return true;
}

void SealedChunks::drop(ColumnIndex column, std::size_t chunk) {
  if (find(column, chunk) == nullptr) return;
  std::uint64_t*& entry = directory_[column * chunks_ + chunk];
  Page* const page = std::bit_cast<Page*>(*(entry - 1));
  entry = nullptr;
  release(page);
}

/// Memory after a word that names its page.
std::uint64_t* SealedChunks::take(unsigned worker, std::size_t words) {
  Page*& page = current_[worker];
  if (words + 1 > page_words) return nullptr;
  if (page == nullptr || page_words - page->used < words + 1) {
    Page* const fresh = new_page();
    if (fresh == nullptr) return nullptr;
    if (page != nullptr) release(page);
    page = fresh;
  }
  page->users.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t* const place = page->words + page->used;
  page->used += words + 1;
  *place = std::bit_cast<std::uint64_t>(page);
  return place + 1;
}

SealedChunks::Page* SealedChunks::new_page() {
  if (!budget_.take(sizeof(Page))) return nullptr;
  const std::lock_guard lock(mutex_);
  Page* page = nullptr;
  if (free_.empty()) {
    pages_.push_back(std::make_unique_for_overwrite<Page>());
    page = pages_.back().get();
  } else {
    page = free_.back();
    free_.pop_back();
  }
  page->users.store(1, std::memory_order_relaxed);
  page->used = 0;
  return page;
}

void SealedChunks::release(Page* page) {
  if (page->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex_);
  free_.push_back(page);
  budget_.give(sizeof(Page));
}

void SealedChunks::mark_rows(std::size_t chunk, std::span<std::uint8_t> marks) const noexcept {
  for (std::size_t column = 0; column < columns_; ++column) {
    const std::uint64_t* const sealed = find(static_cast<ColumnIndex>(column), chunk);
    if (sealed == nullptr) continue;
    const SealedRows rows(sealed, layout_.words());
    for (std::uint32_t slot = 0; slot < marks.size(); ++slot) {
      if (rows.has_row(slot)) marks[slot] = 1;
    }
  }
}

void SealedChunks::clear() {
  for (std::size_t column = 0; column < columns_; ++column) {
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      drop(static_cast<ColumnIndex>(column), chunk);
    }
  }
  for (Page*& page : current_) {
    if (page != nullptr) release(page);
    page = nullptr;
  }
  budget_.give(columns_ * chunks_ * sizeof(std::uint64_t*));
  directory_.clear();
  columns_ = 0;
  chunks_ = 0;
}

}  // namespace sluice::cpu
