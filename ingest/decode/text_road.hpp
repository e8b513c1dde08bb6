#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/key_columns.hpp"
#include "ingest/decode/marks.hpp"
#include "ingest/decode/pace.hpp"
#include "ingest/decode/text_columns.hpp"
#include "ingest/decode/text_cut.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Reads rows of text by blocks: the marks of a region are found, a Cutter makes out the fields of
/// its rows by them, and the fields are read column by column (TextColumns). Where all rows of a
/// region are alike, the marks themselves are a matrix of fields; else rows are cut one by one.
/// What a cutter or a column cannot make sense of goes the exact road, one row at a time, at its
/// place among the others.
///
/// A Cutter has
///   ready(): whether it may know some rows;
///   marks(): how many marks the next rows probably have before their end;
///   knows(text, rows, sight, line_ends, carriage_returns): whether it knows all the rows, which
///     have marks() marks each, and have these many LF and CR behind their ends;
///   lay_out(rows, block): where the fields of those rows are;
///   cut(text, mark, marks_end, text_end, spans, row, cut): whether it knows the row that begins at
///     mark[-1] + 1, whose spans it then sets. `mark` is the first mark; the last of all is
///     `text_end` where the text ends before marks_end.
template <class Cutter>
class TextRoad {
 public:
  TextRoad(const Format& format, TextDialect dialect, MarkFinder finder, Cutter cutter)
      : finder_(finder),
        cutter_(std::move(cutter)),
        columns_(format, dialect),
        spans_(columns_.fields()),
        marks_(MarkFinder::room_for(region_bytes) + 2 * TextBlock::most) {}

  Cutter& cutter() noexcept { return cutter_; }
  TextSpans& spans() noexcept { return spans_; }

  /// Writes the events of a message of many lines from `begin` on, up to the first one that the
  /// batch has no place for. @param exact reads the line at a place in the block, and returns where
  /// the next one begins.
  template <class Exact>
  void read_lines(const SourceBlock& block, std::size_t index, std::uint32_t begin,
                  EventWriter& writer, Exact exact) {
    const Message& message = block.messages[index];
    const std::uint32_t end = message.begin + message.length;
    while (begin < end && !writer.overflowed()) {
      if (writer.places() == 0 || !cutter_.ready() || pace_.rests()) {
        begin = exact(begin);
        continue;
      }
      const std::uint32_t before = begin;
      begin = read_region(block, static_cast<std::uint32_t>(index), begin, end, writer, exact);
      if (begin == before && writer.places() > 0) begin = exact(begin);  // longer than a region
    }
  }

  /// Writes messages of one row each, from `first` on, which is no tombstone and not truncated.
  /// @param exact reads the message of an index. @returns the first one not read, > `first`.
  template <class Exact>
  std::size_t read_messages(const SourceBlock& block, std::size_t first, EventWriter& writer,
                            Exact exact) {
    const auto read_exactly = [&](const EventExtent& extent) {
      writer.begin_message(block.messages[extent.message], extent.message);
      exact(extent.message);
    };
    const std::size_t rows = writer.places() == 0 || !cutter_.ready() || pace_.rests()
                                 ? 0
                                 : mark_messages(block, first, writer.places());
    if (rows == 0) {
      exact(first);
      return first + 1;
    }
    const MarkedRows marked{first_marks_[0], cutter_.marks() + 2, rows};
    if (alike_ && cutter_.knows(view_of(block), marked, sight_, 0, 0)) {
      write_rows(block, static_cast<std::uint32_t>(first), 1, marked, writer, read_exactly);
      pace_.note(rows, 0);
    } else {
      cut_messages(block, static_cast<std::uint32_t>(first), rows, writer, read_exactly);
    }
    return first + rows;
  }

  /// Makes out the fields of one row that is all of a text. @returns whether the cutter knows it;
  /// its spans are then those of row 0.
  bool cut_row(const SourceBlock& block, std::uint32_t begin, std::uint32_t length) {
    if (!cutter_.ready() || length > region_bytes) return false;
    sight_ = {};
    return cut_text(view_of(block), mark_text(block.text(), begin, begin + length, marks_.data()),
                    begin + length, 0);
  }
  /// Whether its text is sure to be ASCII.
  bool ascii() const noexcept { return sight_.above_ascii == 0; }

 private:
  // Marks, rows and columns of a region stay in the first-level cache.
  static constexpr std::uint32_t region_bytes = 8192;
  // What may be read behind the last byte, less what is read at once.
  static constexpr std::uint32_t readable_padding = block_padding - 16;

  static TextView view_of(const SourceBlock& block) noexcept {
    return {block.text(), static_cast<std::uint32_t>(block.used) + readable_padding};
  }

  // Marks of one text at `into`: the place before it, its own, its end. @returns behind them.
  std::uint32_t* mark_text(const char* base, std::uint32_t begin, std::uint32_t end,
                           std::uint32_t* into) {
    *into++ = begin - 1;
    into = finder_.find(base, begin, end, into, sight_);
    *into++ = end;
    return into;
  }

  bool cut_text(TextView view, std::uint32_t* marks_end, std::uint32_t end, std::size_t row) {
    TextCut cut;
    return cutter_.cut(view, marks_.data() + 1, marks_end, end, spans_, row, cut) &&
           cut.next >= end;
  }

  // Finds the marks of some messages, as many as there are places. @returns how many; 0: not even
  // the first one.
  std::size_t mark_messages(const SourceBlock& block, std::size_t first, std::size_t places) {
    const std::size_t limit = std::min({TextBlock::most, places, block.messages.size() - first});
    const Message& first_message = block.messages[first];
    std::uint32_t* next = marks_.data();
    std::uint32_t bytes = 0;
    std::size_t rows = 0;
    sight_ = {};
    alike_ = true;
    for (; rows < limit; ++rows) {
      const Message& message = block.messages[first + rows];
      // The message at offset 0 may begin with a header.
      if (message.tombstone || message.truncated || message.partition != first_message.partition ||
          (rows > 0 && message.offset == 0)) {
        break;
      }
      bytes += message.length;
      if (message.length > region_bytes || bytes > region_bytes) break;
      first_marks_[rows] = next + 1;
      next = mark_text(block.text(), message.begin, message.begin + message.length, next);
      alike_ = alike_ && static_cast<std::size_t>(next - first_marks_[rows]) == cutter_.marks() + 1;
    }
    first_marks_[rows] = next + 1;
    return rows;
  }

  template <class Exact>
  void cut_messages(const SourceBlock& block, std::uint32_t first, std::size_t rows,
                    EventWriter& writer, const Exact& exact) {
    const TextView view = view_of(block);
    std::size_t odd_rows = 0;
    block_.size = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const Message& message = block.messages[first + row];
      const std::uint32_t end = message.begin + message.length;
      TextCut cut;
      if (cutter_.cut(view, first_marks_[row], first_marks_[row + 1] - 1, end, spans_, block_.size,
                      cut) &&
          cut.next >= end) {
        block_.extents[block_.size++] = {message.begin, cut.end - message.begin, first + row};
        continue;
      }
      flush(block, writer, exact);
      ++odd_rows;
      exact({message.begin, message.length, first + row});
    }
    flush(block, writer, exact);
    pace_.note(rows, odd_rows);
  }

  template <class Exact>
  std::uint32_t read_region(const SourceBlock& block, std::uint32_t message, std::uint32_t begin,
                            std::uint32_t text_end, EventWriter& writer, Exact& exact) {
    const bool is_last = text_end - begin <= region_bytes;
    const std::uint32_t end = is_last ? text_end : begin + region_bytes;
    sight_ = {};
    std::uint32_t* const mark = marks_.data() + 1;
    mark[-1] = begin - 1;
    std::uint32_t* marks_end = finder_.find(block.text(), begin, end, mark, sight_);
    if (is_last && block.text()[text_end - 1] != '\n') *marks_end++ = text_end;

    const auto read_exactly = [&exact](const EventExtent& extent) { exact(extent.begin); };
    MarkedRows rows = like_rows(block.text(), mark, marks_end, text_end);
    std::uint64_t line_ends = rows.size;
    if (rows.size > 0 && *(rows.of(rows.size) - 1) == text_end) --line_ends;
    const std::uint64_t carriage_returns = rows.stride > cutter_.marks() + 1 ? rows.size : 0;
    if (rows.size > 0 && cutter_.knows(view_of(block), rows, sight_, line_ends, carriage_returns)) {
      rows.size = std::min(rows.size, writer.places());
      pace_.note(rows.size, 0);
      begin = *(rows.of(rows.size) - 1) + 1;
      write_rows(block, message, 0, rows, writer, read_exactly);
      return begin;
    }
    return cut_region(block, message, begin, end, mark, marks_end, text_end, writer, exact);
  }

  // The rows of a region, if all of them have as many marks as the cutter expects.
  MarkedRows like_rows(const char* base, std::uint32_t* mark, std::uint32_t* marks_end,
                       std::uint32_t text_end) const noexcept {
    const std::size_t marks = cutter_.marks();
    const auto found = static_cast<std::size_t>(marks_end - mark);
    if (found <= marks) return {mark, 1, 0};
    const bool with_return = mark[marks] != text_end && base[mark[marks]] == '\r';
    MarkedRows rows{mark, marks + 1 + with_return, 0};
    rows.size = found / rows.stride;
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

  // Writes rows that the cutter knows. @param messages how far the messages of neighbouring rows
  // are apart.
  template <class Exact>
  void write_rows(const SourceBlock& block, std::uint32_t message, std::uint32_t messages,
                  MarkedRows rows, EventWriter& writer, const Exact& exact) {
    // The exact road may teach the cutter other rows meanwhile.
    const std::size_t marks = cutter_.marks();
    cutter_.lay_out(rows, block_);
    while (rows.size > 0) {
      block_.size = std::min(rows.size, TextBlock::most);
      for (std::uint32_t row = 0; row < block_.size; ++row) {
        const std::uint32_t* const mark = rows.of(row);
        const std::uint32_t begin = mark[-1] + 1;
        block_.extents[row] = {begin, mark[marks] - begin, message + row * messages};
      }
      write_block(block, writer, exact);
      for (FieldTexts& field : block_.fields) field.skip(block_.size);
      rows.marks = rows.of(block_.size);
      rows.size -= block_.size;
      message += static_cast<std::uint32_t>(block_.size) * messages;
    }
  }

  // Cuts the rows of a region one by one. @returns the begin of the first one that is not read.
  template <class Exact>
  std::uint32_t cut_region(const SourceBlock& block, std::uint32_t message, std::uint32_t begin,
                           std::uint32_t end, std::uint32_t* mark, std::uint32_t* marks_end,
                           std::uint32_t text_end, EventWriter& writer, Exact& exact) {
    const TextView view = view_of(block);
    const auto read_exactly = [&exact](const EventExtent& extent) { exact(extent.begin); };
    std::size_t known_rows = 0;
    std::size_t odd_rows = 0;
    std::size_t limit = std::min(TextBlock::most, writer.places());
    block_.size = 0;
    while (begin < end && limit > 0) {
      mark[-1] = begin - 1;
      TextCut cut;
      if (cutter_.cut(view, mark, marks_end, text_end, spans_, block_.size, cut)) {
        block_.extents[block_.size++] = {begin, cut.end - begin, message};
        begin = cut.next;
        mark = cut.next_mark;
        ++known_rows;
        if (block_.size < limit) continue;
        flush(block, writer, read_exactly);
      } else {
        if (end != text_end && !holds_line_end(view.base, mark, marks_end)) break;
        flush(block, writer, read_exactly);
        ++odd_rows;
        begin = exact(begin);
        while (mark < marks_end && *mark < begin) ++mark;
      }
      limit = writer.overflowed() ? 0 : std::min(TextBlock::most, writer.places());
    }
    flush(block, writer, read_exactly);
    pace_.note(known_rows + odd_rows, odd_rows);
    return begin;
  }

  static bool holds_line_end(const char* base, const std::uint32_t* mark,
                             const std::uint32_t* marks_end) noexcept {
    return std::any_of(mark, marks_end, [base](std::uint32_t at) { return base[at] == '\n'; });
  }

  // Writes the rows that were cut one by one.
  template <class Exact>
  void flush(const SourceBlock& block, EventWriter& writer, const Exact& exact) {
    if (block_.size == 0) return;
    spans_.lay_out(block_);
    write_block(block, writer, exact);
    block_.size = 0;
  }

  template <class Exact>
  void write_block(const SourceBlock& block, EventWriter& writer, const Exact& exact) {
    const std::size_t begin = block_.extents[0].begin;
    const EventExtent& last = block_.extents[block_.size - 1];
    const std::string_view text(block.text() + begin, last.begin + last.length - begin);
    block_.valid_utf8 = ascii() || is_valid_utf8(text);
    columns_.write(block.text(), block_, block.messages, writer, exact);
  }

  MarkFinder finder_;
  Cutter cutter_;
  TextColumns columns_;
  Pace pace_;
  TextBlock block_;
  TextSpans spans_;
  std::vector<std::uint32_t> marks_;
  std::array<std::uint32_t*, TextBlock::most + 1> first_marks_{};
  MarkFinder::Sight sight_;
  bool alike_ = false;
};

}  // namespace sluice
