#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ingest/decode/text_block.hpp"

namespace sluice {

/// A block's text, and how many of its bytes may be read.
struct TextView {
  const char* base;
  std::uint32_t readable;
};

/// Rows whose marks were found: row r has its first mark at marks[r * stride], the place before its
/// first byte at marks[r * stride - 1], and its end behind the marks that it should have.
struct MarkedRows {
  std::uint32_t* marks;
  std::size_t stride;
  std::size_t size;

  std::uint32_t* of(std::size_t row) const noexcept { return marks + row * stride; }
};

/// A row as a cutter found it.
struct TextCut {
  std::uint32_t* next_mark;  ///< behind the row's own
  std::uint32_t end;         ///< of the row, without its line end
  std::uint32_t next;        ///< behind the line end
};

/// The fields of rows that were cut one by one.
class TextSpans {
 public:
  explicit TextSpans(std::size_t fields) : spans_(fields * TextBlock::most) {}

  TextSpan* of(std::size_t field) noexcept { return spans_.data() + field * TextBlock::most; }

  std::size_t fields() const noexcept { return spans_.size() / TextBlock::most; }

  /// Strings of the rows may have escapes.
  void note_escapes() noexcept { escaped_ = true; }

  /// Has a block read them; the next rows follow.
  void lay_out(TextBlock& block) {
    block.escaped = std::exchange(escaped_, false);
    block.fields.clear();
    for (std::size_t first = 0; first < spans_.size(); first += TextBlock::most) {
      block.fields.push_back({&spans_[first].begin, &spans_[first].end, 2});
    }
  }

 private:
  static_assert(sizeof(TextSpan) == 2 * sizeof(std::uint32_t));

  std::vector<TextSpan> spans_;  ///< [fields][most]
  bool escaped_ = false;
};

/// The end of the row at the mark `last`, in lines: LF, CR LF, or the end of the text.
/// @returns false: the row does not end there.
inline bool end_line(const char* base, std::uint32_t* last, const std::uint32_t* marks_end,
                     std::uint32_t text_end, TextCut& cut) noexcept {
  cut.end = *last;
  if (*last != text_end && base[*last] == '\r') {
    if (++last == marks_end || *last != cut.end + 1) return false;
  }
  if (*last != text_end && base[*last] != '\n') return false;
  cut.next_mark = last + 1;
  cut.next = *last + 1;
  return true;
}

}  // namespace sluice
