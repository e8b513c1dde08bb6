#include "host/engine/lowered_rows.hpp"

#include <algorithm>

namespace sluice {
namespace {

/// Rows that are worth waking another thread for.
constexpr std::size_t rows_a_part = 4096;

}  // namespace

LoweredRows::LoweredRows(const Job& job)
    : lowering_(job, layout_of(job)), columns_(lowering_.aggregates()) {
  for (std::size_t a = 0; a < columns_.size(); ++a) shown_.push_back(lowering_.column_of(a));
}

void LoweredRows::reserve(std::size_t rows) {
  if (rows <= capacity_) return;
  capacity_ = std::max(rows, 2 * capacity_);
  slots_ = std::make_unique_for_overwrite<KeySlot[]>(capacity_);
  for (Column& column : columns_) {
    column.bits = std::make_unique_for_overwrite<std::uint64_t[]>(capacity_);
    column.marks = std::make_unique_for_overwrite<ResultMark[]>(capacity_);
  }
}

void LoweredRows::lower(const EmittedRows& rows, Backend& backend) {
  reserve(rows.rows());
  first_.assign(1, 0);
  parts_.assign(1, 0);
  marked_.resize(rows.outputs() * columns_.size());
  for (std::size_t output = 0; output < rows.outputs(); ++output) {
    first_.push_back(first_.back() + rows.rows_of(output));
    if (first_.back() - first_[parts_.back()] >= rows_a_part) parts_.push_back(output + 1);
  }
  if (parts_.back() != rows.outputs()) parts_.push_back(rows.outputs());
  backend.each(parts_.size() - 1, [&](std::size_t part) {
    for (std::size_t output = parts_[part]; output < parts_[part + 1]; ++output) {
      lower_output(rows, output);
    }
  });
}

void LoweredRows::lower_output(const EmittedRows& rows, std::size_t output) {
  std::uint8_t* const marked = marked_.data() + output * columns_.size();
  std::fill_n(marked, columns_.size(), std::uint8_t{0});
  std::size_t at = first_[output];
  for (const RowPiece& piece : rows.pieces_of(output)) {
    std::copy_n(piece.slots, piece.count, slots_.get() + at);
    for (std::size_t a = 0; a < columns_.size(); ++a) {
      const Column& column = columns_[a];
      if (lowering_.lower(a, piece, column.bits.get() + at, column.marks.get() + at)) {
        marked[a] = 1;
      }
    }
    at += piece.count;
  }
}

void LoweredRows::show(std::size_t output, WindowResult& result) {
  const std::size_t first = first_[output];
  const std::size_t rows = first_[output + 1] - first;
  result.slots = {slots_.get() + first, rows};
  for (std::size_t a = 0; a < columns_.size(); ++a) {
    shown_[a].bits = {columns_[a].bits.get() + first, rows};
    shown_[a].marks =
        marked_[output * columns_.size() + a] != 0 ? columns_[a].marks.get() + first : nullptr;
  }
  result.columns = shown_;
}

std::uint64_t LoweredRows::overflows_of(std::size_t output) const {
  std::uint64_t overflows = 0;
  for (std::size_t a = 0; a < columns_.size(); ++a) {
    if (marked_[output * columns_.size() + a] == 0) continue;
    const ResultMark* const marks = columns_[a].marks.get();
    overflows += static_cast<std::uint64_t>(
        std::count(marks + first_[output], marks + first_[output + 1], ResultMark::overflow));
  }
  return overflows;
}

}  // namespace sluice
