#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/decode/marks.hpp"
#include "ingest/decode/text_block.hpp"
#include "ingest/decode/text_cut.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// The marks of some lines, or of some messages of one row each; before each row's first mark
/// stands the place before its first byte. Valid until the next ones are looked for.
class TextMarks {
 public:
  /// Marks, rows and columns of so many bytes stay in the first-level cache.
  static constexpr std::uint32_t region_bytes = TextBlock::most_row_bytes;

  explicit TextMarks(MarkFinder finder)
      : finder_(finder), marks_(MarkFinder::room_for(region_bytes) + 2 * TextBlock::most) {}

  /// What is known of the texts that were looked through last.
  const MarkFinder::Sight& sight() const noexcept { return sight_; }

  struct Found {
    std::uint32_t* first;
    std::uint32_t* end;
  };

  /// The marks of base[begin, end), at most region_bytes, and, where `ends` says that the last row
  /// ends there without one, its end.
  Found find(const char* base, std::uint32_t begin, std::uint32_t end, bool ends) noexcept {
    sight_ = {};
    marks_[0] = begin - 1;
    Found found{marks_.data() + 1, finder_.find(base, begin, end, marks_.data() + 1, sight_)};
    if (ends) *found.end++ = end;
    return found;
  }

  /// The lines found, if all of them have so many marks before their ends.
  /// @param text_end of the text that they are of
  static MarkedRows lines_alike(const char* base, Found found, std::size_t marks,
                                std::uint32_t text_end) noexcept {
    std::uint32_t* const mark = found.first;
    const auto count = static_cast<std::size_t>(found.end - mark);
    if (count <= marks) return {mark, 1, 0};
    const bool with_return = mark[marks] != text_end && base[mark[marks]] == '\r';
    MarkedRows rows{mark, marks + 1 + with_return, 0};
    rows.size = count / rows.stride;
    std::uint32_t other = 0;
    for (std::size_t row = 0; row < rows.size; ++row) {
      const std::uint32_t* const last = rows.of(row) + marks;
      if (with_return) {
        other |= static_cast<std::uint32_t>(base[*last] ^ '\r') | (last[1] - last[0] - 1);
      }
      const std::uint32_t line_end = last[with_return];
      other |= line_end == text_end ? 0 : static_cast<std::uint32_t>(base[line_end] ^ '\n');
    }
    if (other != 0) rows.size = 0;
    return rows;
  }

  /// Finds the marks and the ends of messages of one partition from the first one on, which is no
  /// tombstone and not truncated. @returns of how many, at most `most`; 0: the first one is too
  /// long.
  std::size_t find_messages(const SourceBlock& block, std::size_t first, std::size_t most) {
    const std::size_t limit = std::min({TextBlock::most, most, block.messages.size() - first});
    const std::span<const Message> messages(block.messages.data() + first, limit);
    std::uint32_t bytes = 0;
    std::size_t rows = 0;
    for (; rows < limit; ++rows) {
      const Message& message = messages[rows];
      // The message at offset 0 may begin with a header.
      if (message.tombstone || message.truncated || message.partition != messages[0].partition ||
          (rows > 0 && message.offset == 0) || message.length > region_bytes) {
        break;
      }
      bytes += message.length;
      if (bytes > region_bytes) break;
    }
    sight_ = {};
    finder_.find_rows(block.text(), messages.first(rows), first_marks_.data(), marks_.data(),
                      sight_);
    return rows;
  }

  /// Of one of the messages found; its end included.
  Found of_message(std::size_t row) const noexcept {
    return {first_marks_[row], first_marks_[row + 1] - 1};
  }

  /// The messages found, if all of them have so many marks before their ends.
  MarkedRows messages_alike(std::size_t rows, std::size_t marks) const noexcept {
    const std::size_t stride = marks + 2;
    bool alike = true;
    for (std::size_t row = 0; row < rows; ++row) {
      alike &= first_marks_[row + 1] - first_marks_[row] == static_cast<std::ptrdiff_t>(stride);
    }
    return {first_marks_[0], stride, alike ? rows : 0};
  }

 private:
  MarkFinder finder_;
  MarkFinder::Sight sight_;
  std::vector<std::uint32_t> marks_;
  std::array<std::uint32_t*, TextBlock::most + 1> first_marks_{};
};

}  // namespace sluice
