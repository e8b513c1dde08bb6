#include "bench/raw_blocks.hpp"

#include <cstring>

#include "host/config/load_job.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t keys = 1'000;
constexpr EventTime first_time = 1'700'000'000'000;

std::string key_of(std::size_t event) {
  return "key_" + std::to_string(10'000 + event * 2'654'435'761u % keys);
}

std::string value_of(std::size_t event) { return std::to_string(100 + event * 40'503 % 900); }

std::string json_event(std::size_t event, EventTime time, std::size_t bytes) {
  const std::string head = "{\"t\":" + std::to_string(time) + ",\"k\":\"" + key_of(event) +
                           "\",\"v\":" + value_of(event);
  const std::size_t used = head.size() + 1;
  if (bytes < used + 12) return head + "}";
  return head + ",\"unread\":\"" + std::string(bytes - used - 12, 'x') + "\"}";
}

std::string csv_event(std::size_t event, EventTime time, std::size_t bytes) {
  const std::string head = std::to_string(time) + "," + key_of(event) + ",";
  const std::string tail = "," + value_of(event);
  return head + std::string(bytes - head.size() - tail.size(), 'x') + tail;
}

std::string row_event(std::size_t event, EventTime time, std::size_t bytes) {
  std::string row(bytes, '\0');
  const auto key = static_cast<std::uint32_t>(event * 2'654'435'761u % keys);
  const auto value = static_cast<std::uint32_t>(event * 40'503 % 1'000);
  std::memcpy(row.data(), &time, sizeof time);
  std::memcpy(row.data() + 8, &key, sizeof key);
  std::memcpy(row.data() + 12, &value, sizeof value);
  return row;
}

std::string rows_of(std::size_t bytes) {
  return "type: binary, binary: {endian: little, layout: [{name: t, type: int64}, {name: k, type: "
         "uint32}, {name: v, type: uint32}" +
         (bytes > 16 ? ", {pad: " + std::to_string(bytes - 16) + "}" : std::string()) + "]}";
}

}  // namespace

std::vector<RawCase> raw_cases() {
  const std::string json = "type: json";
  const std::string lines = "type: json, framing: lines";
  const std::string csv =
      "type: csv, framing: lines, csv: {header: false, columns: [t, k, unread, v]}";
  return {{"rows", rows_of(16), "", row_event, 16, false},
          {"rows", rows_of(32), "", row_event, 32, false},
          {"rows/where", rows_of(32), "v < 333", row_event, 32, false},
          {"json/lines", lines, "", json_event, 63, false},
          {"json/lines", lines, "", json_event, 253, false},
          {"json/lines/where", lines, "v < 400 AND k <> 'key_10007'", json_event, 253, false},
          {"json/messages", json, "", json_event, 253, true},
          {"csv/lines", csv, "", csv_event, 42, false}};
}

Job raw_job(const RawCase& shape, std::size_t block_bytes) {
  return parse_job(
      "source: {type: kafka, brokers: none, topics: [none], start: earliest}\n"
      "format: {event_time: {field: t, unit: ms}, key: k, values: {v: int64}, " +
          shape.format + "}\n" + (shape.where.empty() ? "" : "where: \"" + shape.where + "\"\n") +
          "watermark: {out_of_orderness: 0s, idle_timeout: off, max_future: off}\n"
          "windows: [{name: w, type: tumbling, size: " +
          std::to_string(raw_pane) +
          "ms}]\n"
          "aggregates: [{as: events, fn: count}, {as: total, fn: sum, of: v}]\n"
          "engine: {batch_events: " +
          std::to_string(block_bytes / shape.bytes + 1) + ", batch_bytes: " +
          std::to_string(block_bytes) + ", batches: 4, max_keys: 10000, max_state_bytes: 1GiB}\n",
      shape.name);
}

void fill_block(const RawCase& shape, std::size_t window, std::size_t bytes, SourceBlock& block) {
  auto* const text = reinterpret_cast<char*>(block.memory.data());
  const bool lines = shape.format.find("framing: lines") != std::string::npos;
  const EventTime start = first_time + static_cast<EventTime>(window) * raw_pane;
  for (std::size_t event = 0;; ++event) {
    const EventTime time = start + static_cast<EventTime>(event % 9'000);
    const std::string one = shape.text(event, time, shape.bytes) + (lines ? "\n" : "");
    if (block.used + one.size() > bytes) break;
    if (shape.message_an_event || block.messages.empty()) {
      block.messages.emplace_back();
      block.messages.back().begin = static_cast<std::uint32_t>(block.used);
    }
    one.copy(text + block.used, one.size());
    block.used += one.size();
    block.messages.back().length += static_cast<std::uint32_t>(one.size());
  }
  std::memset(text + block.used, 0, block_padding);
}

}  // namespace sluice::bench
