#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/filter_columns.hpp"

/// What a program of tests/fuzz defines: libFuzzer calls it with whatever it makes up, replay.cpp
/// with the files of the corpus. Any input returns 0, or ends the program.
// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sluice::fuzz {

/// Ends the program unless `holds`.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

/// An input's first byte says which variant of the target it is for; the rest is the text.
struct Input {
  Input(const std::uint8_t* data, std::size_t size)
      : variant(size == 0 ? 0U : data[0]),
        text(reinterpret_cast<const char*>(data) + (size == 0 ? 0 : 1), size == 0 ? 0 : size - 1) {}

  unsigned variant;
  std::string_view text;
};

/// Everything that a batch says, an event a line, then malformed ones, then counts.
inline std::vector<std::string> told_of(const DecodedEvents& events,
                                        std::span<const FilterColumn> filter, bool extents) {
  std::vector<std::string> lines;
  const auto place_of = [extents](const EventExtent& extent) {
    return extents ? " @" + std::to_string(extent.message) + ":" + std::to_string(extent.begin) +
                         "+" + std::to_string(extent.length)
                   : std::string();
  };
  const EventColumns columns = events.columns();
  for (std::size_t event = 0; event < events.size; ++event) {
    std::string line = std::to_string(events.time[event]) + " " +
                       std::to_string(columns.key.low_of(event)) + "/" +
                       std::to_string(columns.key.high_of(event));
    for (std::uint32_t value = 0; value < columns.value_count; ++value) {
      const ValueColumn& column = columns.values[value];
      const bool null = column.valid != nullptr && column.valid[event] == 0;
      line += null ? " null" : " " + std::to_string(column[event]);
    }
    for (const FilterColumn& column : filter) {
      line += column.valid[event] == 0 ? " null" : " known";
      if (column.valid[event] == 0) continue;
      if (column.integers != nullptr) line += ' ' + std::to_string(column.integers[event]);
      if (column.numbers != nullptr) line += ' ' + std::to_string(column.numbers[event]);
      if (column.booleans != nullptr) line += ' ' + std::to_string(column.booleans[event]);
      if (column.strings != nullptr) line.append(" '").append(column.strings[event]).append("'");
    }
    lines.push_back(line + place_of(events.extents[event]));
  }
  for (const MalformedEvent& event : events.malformed_events) {
    lines.push_back(std::string(name_of(event.reason)) + " " + event.field +
                    place_of(event.extent));
  }
  if (events.size > 0) {
    lines.push_back(std::to_string(events.min_time) + " to " + std::to_string(events.max_time));
  }
  for (const std::uint64_t count : events.malformed) lines.push_back(std::to_string(count));
  return lines;
}

/// Ends the program where two batches say different things.
inline void require_same(const std::vector<std::string>& found,
                         const std::vector<std::string>& expected) {
  for (std::size_t line = 0; line < found.size() && line < expected.size(); ++line) {
    require(found[line] == expected[line],
            "found    " + found[line] + "\nexpected " + expected[line]);
  }
  require(found.size() == expected.size(), "found " + std::to_string(found.size()) +
                                               " lines, expected " +
                                               std::to_string(expected.size()));
}

}  // namespace sluice::fuzz
