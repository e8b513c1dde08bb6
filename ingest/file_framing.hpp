#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/event_cutter.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Cuts the bytes of several files, read one after the other, into messages that end where events
/// end and never span two files. Passes over byte order marks and CSV header lines. A file's last
/// event needs no line end. Single-threaded.
class FileFraming {
 public:
  explicit FileFraming(const Format& format);

  /// From now on the bytes are of the next file.
  void begin_file(const std::string& path);
  /// The file being read ends with the byte before `offset`, counted over all files.
  void end_file(std::int64_t offset);

  /// Passes over the first header line and over the empty files before it. @returns the bytes
  /// passed; columns() stays empty while the line is not whole
  std::size_t pass_header(std::string_view text);
  /// Names in the header line; empty without one.
  const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// Appends messages over block.text()[0, block.used), which starts at offset().
  /// @param max_events limit of the messages in the block and of the events in one of them
  /// @returns the bytes passed; the rest is to be offered again with what follows it
  /// @throws SourceError when a file's header line differs from the first one's
  std::size_t cut(SourceBlock& block, std::size_t max_events);
  /// Delivers a whole block without an end of an event as one truncated message, and passes over
  /// what follows it up to the next line end.
  void give_up_event(SourceBlock& block);

  /// The first byte not passed yet, counted over all files.
  std::int64_t offset() const noexcept { return offset_; }

 private:
  struct File {
    std::string path;
    std::optional<std::int64_t> end;
  };

  std::string_view of_this_file(std::string_view text);
  std::optional<std::size_t> file_start(std::string_view text);
  std::size_t header_line(std::string_view text);
  std::size_t rest_of_given_up(std::string_view text);
  std::size_t message_bytes(std::string_view text, std::size_t max_events) const;

  CsvFormat csv_;
  bool has_header_;
  bool is_text_;
  EventCutter cutter_;
  std::vector<std::string> columns_;
  std::deque<File> files_;  ///< the first is the one being cut, the last the one being read
  std::int64_t offset_ = 0;
  bool at_file_start_ = true;
  bool giving_up_ = false;
};

}  // namespace sluice
