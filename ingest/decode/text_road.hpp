#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/key_columns.hpp"
#include "ingest/decode/marks.hpp"
#include "ingest/decode/pace.hpp"
#include "ingest/decode/text_columns.hpp"
#include "ingest/decode/text_cut.hpp"
#include "ingest/decode/text_marks.hpp"
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
      : marks_(finder),
        cutter_(std::move(cutter)),
        columns_(format, dialect),
        spans_(columns_.fields()) {}

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
      if (begin == before && writer.places() > 0) begin = exact(begin);
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
                                 : marks_.find_messages(block, first, writer.places());
    if (rows == 0) {
      exact(first);
      return first + 1;
    }
    const MarkedRows marked = marks_.messages_alike(rows, cutter_.marks());
    if (marked.size > 0 && cutter_.knows(view_of(block), marked, marks_.sight(), 0, 0)) {
      pace_.note(rows, write_rows(block, static_cast<std::uint32_t>(first), 1, marked, writer,
                                  read_exactly));
    } else {
      cut_messages(block, static_cast<std::uint32_t>(first), rows, writer, read_exactly);
    }
    return first + rows;
  }

  /// Makes out the fields of one row that is all of a text. @returns a block of that row, valid
  /// until the next is cut; nullptr: the cutter does not know it.
  const TextBlock* cut_row(const SourceBlock& block, const EventExtent& row) {
    if (!cutter_.ready() || row.length > region_bytes) return nullptr;
    const std::uint32_t end = row.begin + row.length;
    const TextMarks::Found marks = marks_.find(block.text(), row.begin, end, true);
    if (!cut_text(view_of(block), marks, end, 0, row.message)) return nullptr;
    spans_.lay_out(block_);
    block_.size = 1;
    block_.valid_utf8 = ascii();
    return &block_;
  }

 private:
  static constexpr std::uint32_t region_bytes = TextMarks::region_bytes;
  // What may be read behind the last byte, less what is read at once.
  static constexpr std::uint32_t readable_padding = block_padding - 16;

  // Whether the text is sure to be ASCII.
  bool ascii() const noexcept { return marks_.sight().above_ascii == 0; }

  static TextView view_of(const SourceBlock& block) noexcept {
    return {block.text(), static_cast<std::uint32_t>(block.used) + readable_padding};
  }

  // Whether the cutter knows the row that is all of a text up to `end`.
  bool cut_text(TextView view, TextMarks::Found marks, std::uint32_t end, std::size_t row,
                std::uint32_t message) {
    TextCut cut;
    if (!cutter_.cut(view, marks.first, marks.end, end, spans_, row, cut)) return false;
    const std::uint32_t begin = marks.first[-1] + 1;
    block_.extents[row] = {begin, cut.end - begin, message};
    return cut.next >= end;
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
      if (cut_text(view, marks_.of_message(row), end, block_.size, first + row)) {
        ++block_.size;
        continue;
      }
      odd_rows += flush(block, writer, exact) + 1;
      exact({message.begin, message.length, first + row});
    }
    odd_rows += flush(block, writer, exact);
    pace_.note(rows, odd_rows);
  }

  template <class Exact>
  std::uint32_t read_region(const SourceBlock& block, std::uint32_t message, std::uint32_t begin,
                            std::uint32_t text_end, EventWriter& writer, Exact& exact) {
    const bool is_last = text_end - begin <= region_bytes;
    const std::uint32_t end = is_last ? text_end : last_line_end(block.text() + begin) + begin;
    if (end == begin) return begin;  // a line longer than a region
    const TextMarks::Found found =
        marks_.find(block.text(), begin, end, is_last && block.text()[text_end - 1] != '\n');

    const auto read_exactly = [&exact](const EventExtent& extent) { exact(extent.begin); };
    MarkedRows rows = TextMarks::lines_alike(block.text(), found, cutter_.marks(), text_end);
    std::uint64_t line_ends = rows.size;
    if (rows.size > 0 && *(rows.of(rows.size) - 1) == text_end) --line_ends;
    const std::uint64_t carriage_returns = rows.stride > cutter_.marks() + 1 ? rows.size : 0;
    if (rows.size > 0 &&
        cutter_.knows(view_of(block), rows, marks_.sight(), line_ends, carriage_returns)) {
      rows.size = std::min(rows.size, writer.places());
      begin = *(rows.of(rows.size) - 1) + 1;
      pace_.note(rows.size, write_rows(block, message, 0, rows, writer, read_exactly));
      return begin;
    }
    return cut_region(block, message, begin, end, found, text_end, writer, exact);
  }

  // How many bytes are lines that end within a region.
  static std::uint32_t last_line_end(const char* text) noexcept {
    const void* const found = memrchr(text, '\n', region_bytes);
    if (found == nullptr) return 0;
    return static_cast<std::uint32_t>(static_cast<const char*>(found) - text) + 1;
  }

  // Writes rows that the cutter knows. @param messages how far the messages of neighbouring rows
  // are apart. @returns how many of them went the exact road, as do the other writers.
  template <class Exact>
  std::size_t write_rows(const SourceBlock& block, std::uint32_t message, std::uint32_t messages,
                         MarkedRows rows, EventWriter& writer, const Exact& exact) {
    // The exact road may teach the cutter other rows meanwhile.
    const std::size_t marks = cutter_.marks();
    cutter_.lay_out(rows, block_);
    block_.escaped = false;
    std::size_t odd_rows = 0;
    while (rows.size > 0) {
      block_.size = std::min(rows.size, TextBlock::most);
      for (std::uint32_t row = 0; row < block_.size; ++row) {
        const std::uint32_t* const mark = rows.of(row);
        const std::uint32_t begin = mark[-1] + 1;
        block_.extents[row] = {begin, mark[marks] - begin, message + row * messages};
      }
      odd_rows += write_block(block, writer, exact);
      for (FieldTexts& field : block_.fields) field.skip(block_.size);
      rows.marks = rows.of(block_.size);
      rows.size -= block_.size;
      message += static_cast<std::uint32_t>(block_.size) * messages;
    }
    return odd_rows;
  }

  // Cuts the rows of a region one by one. @returns the begin of the first one that is not read.
  template <class Exact>
  std::uint32_t cut_region(const SourceBlock& block, std::uint32_t message, std::uint32_t begin,
                           std::uint32_t end, TextMarks::Found found, std::uint32_t text_end,
                           EventWriter& writer, Exact& exact) {
    const TextView view = view_of(block);
    std::uint32_t* mark = found.first;
    std::uint32_t* const marks_end = found.end;
    const auto read_exactly = [&exact](const EventExtent& extent) { exact(extent.begin); };
    std::size_t rows = 0;
    std::size_t odd_rows = 0;
    std::size_t limit = std::min(TextBlock::most, writer.places());
    block_.size = 0;
    while (begin < end && limit > 0) {
      mark[-1] = begin - 1;
      ++rows;
      TextCut cut;
      if (cutter_.cut(view, mark, marks_end, text_end, spans_, block_.size, cut)) {
        block_.extents[block_.size++] = {begin, cut.end - begin, message};
        begin = cut.next;
        mark = cut.next_mark;
        if (block_.size < limit) continue;
        odd_rows += flush(block, writer, read_exactly);
      } else {
        odd_rows += flush(block, writer, read_exactly) + 1;
        begin = exact(begin);
        while (mark < marks_end && *mark < begin) ++mark;
      }
      limit = writer.overflowed() ? 0 : std::min(TextBlock::most, writer.places());
    }
    odd_rows += flush(block, writer, read_exactly);
    pace_.note(rows, odd_rows);
    return begin;
  }

  // Writes the rows that were cut one by one.
  template <class Exact>
  std::size_t flush(const SourceBlock& block, EventWriter& writer, const Exact& exact) {
    if (block_.size == 0) return 0;
    spans_.lay_out(block_);
    const std::size_t odd_rows = write_block(block, writer, exact);
    block_.size = 0;
    return odd_rows;
  }

  template <class Exact>
  std::size_t write_block(const SourceBlock& block, EventWriter& writer, const Exact& exact) {
    const std::size_t begin = block_.extents[0].begin;
    const EventExtent& last = block_.extents[block_.size - 1];
    const std::string_view text(block.text() + begin, last.begin + last.length - begin);
    block_.valid_utf8 = ascii() || (is_valid_utf8(text) && no_row_begins_inside(block.text()));
    return columns_.write(block.text(), block_, block.messages, writer, exact);
  }

  // Messages may lie back to back: the end of one and the begin of the next can make up a
  // character.
  bool no_row_begins_inside(const char* base) const noexcept {
    return std::none_of(block_.extents.begin(), block_.extents.begin() + block_.size,
                        [base](const EventExtent& row) {
                          return (static_cast<unsigned char>(base[row.begin]) & 0xC0) == 0x80;
                        });
  }

  TextMarks marks_;
  Cutter cutter_;
  TextColumns columns_;
  Pace pace_;
  TextBlock block_;
  TextSpans spans_;
};

}  // namespace sluice
