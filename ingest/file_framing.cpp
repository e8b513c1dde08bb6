#include "ingest/file_framing.hpp"

#include <algorithm>

#include "ingest/decode/csv_row.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

constexpr std::size_t joined_bytes = std::size_t{256} << 10;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::vector<std::string> names_in(std::string_view header, const CsvFormat& csv) {
  constexpr std::size_t read_beyond = 8;
  const std::string padded = std::string(header) + std::string(read_beyond, '\0');
  CsvRow row(csv, header.size() + 1);
  row.read(padded.data(), padded.data() + header.size());
  std::vector<std::string> names;
  for (const Scalar& field : row.fields()) {
    names.emplace_back(field.text, field.length);
  }
  return names;
}

void append_message(SourceBlock& block, std::size_t begin, std::size_t length, std::int64_t offset,
                    bool truncated) {
  Message& message = block.messages.emplace_back();
  message.begin = static_cast<std::uint32_t>(begin);
  message.length = static_cast<std::uint32_t>(length);
  message.offset = offset;
  message.truncated = truncated;
}

}  // namespace

FileFraming::FileFraming(const Format& format)
    : csv_(format.csv),
      has_header_(format.type == FormatType::csv && format.csv.header),
      is_text_(format.type != FormatType::binary),
      cutter_(format) {}

void FileFraming::begin_file(const std::string& path) { files_.push_back({path, std::nullopt}); }

void FileFraming::end_file(std::int64_t offset) { files_.back().end = offset; }

std::size_t FileFraming::pass_header(std::string_view text) {
  const std::size_t passed = file_start(of_this_file(text)).value_or(0);
  offset_ += static_cast<std::int64_t>(passed);
  return passed;
}

std::size_t FileFraming::cut(SourceBlock& block, std::size_t max_events) {
  const std::string_view text(block.text(), block.used);
  std::size_t at = 0;
  while (at < text.size() && block.messages.size() < max_events) {
    const std::string_view rest = of_this_file(text.substr(at));
    std::size_t passed = 0;
    if (giving_up_) {
      passed = rest_of_given_up(rest);
    } else if (at_file_start_) {
      const auto start = file_start(rest);
      if (!start) {
        break;
      }
      passed = *start;
    } else {
      passed = message_bytes(rest, max_events);
      if (passed == 0) {
        break;
      }
      append_message(block, at, passed, offset_, false);
    }
    at += passed;
    offset_ += static_cast<std::int64_t>(passed);
  }
  return at;
}

void FileFraming::give_up_event(SourceBlock& block) {
  if (at_file_start_) {
    throw SourceError(files_.front().path + ": its header line does not fit into a block of " +
                      std::to_string(block.used) + " bytes (engine.batch_bytes)");
  }
  append_message(block, 0, block.used, offset_, true);
  offset_ += static_cast<std::int64_t>(block.used);
  giving_up_ = true;
}

/// The part of `text` that is of the file being cut; moves on to the next file at its end.
std::string_view FileFraming::of_this_file(std::string_view text) {
  while (files_.front().end == offset_ && files_.size() > 1) {
    files_.pop_front();
    at_file_start_ = true;
    giving_up_ = false;
  }
  const auto end = files_.front().end;
  return end ? text.substr(0, static_cast<std::size_t>(*end - offset_)) : text;
}

/// Bytes of the file before its first event; nullopt while that cannot be told.
std::optional<std::size_t> FileFraming::file_start(std::string_view text) {
  const bool whole = files_.front().end.has_value();
  std::size_t passed = 0;
  if (is_text_) {
    if (text.size() < byte_order_mark.size() && !whole) {
      return std::nullopt;
    }
    passed = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  }
  if (has_header_ && passed < text.size()) {
    const std::size_t header = header_line(text.substr(passed));
    if (header == 0) {
      return std::nullopt;
    }
    passed += header;
  }
  at_file_start_ = false;
  return passed;
}

std::size_t FileFraming::header_line(std::string_view text) {
  std::size_t length = cutter_.first_event(text);
  if (length == 0 && files_.front().end) {
    length = text.size();
  }
  if (length != 0) {
    std::vector<std::string> names = names_in(text.substr(0, length), csv_);
    if (!columns_.empty() && names != columns_) {
      throw SourceError(files_.front().path + ": its header line differs from the first file's");
    }
    columns_ = std::move(names);
  }
  return length;
}

std::size_t FileFraming::rest_of_given_up(std::string_view text) {
  const std::size_t end = text.find('\n');
  giving_up_ = end == std::string_view::npos;
  return giving_up_ ? text.size() : end + 1;
}

/// Length of the next message at the start of `text`; 0 while its end is not in sight. Since an
/// event has a byte at least, no message of several has more than `max_events`.
std::size_t FileFraming::message_bytes(std::string_view text, std::size_t max_events) const {
  std::size_t length = 0;
  if (cutter_.joins_events()) {
    length = cutter_.whole_events(text.substr(0, std::min(joined_bytes, max_events)));
  }
  if (length == 0) {
    length = cutter_.first_event(text);
  }
  if (length == 0 && files_.front().end) {
    length = text.size();
  }
  return length;
}

}  // namespace sluice
