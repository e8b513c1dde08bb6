#include "host/sinks/stream_sink.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include "host/sinks/row_text.hpp"

namespace sluice {
namespace {

constexpr std::size_t write_at_bytes = std::size_t{1} << 20;

int open_output(const std::string& path) {
  if (path == "-") return STDOUT_FILENO;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    throw std::runtime_error("sink file " + path + " cannot be opened: " + std::strerror(errno));
  }
  return descriptor;
}

std::string quoted_head(std::string_view name) {
  std::string head;
  append_json_string(head, name);
  return head + ":";
}

}  // namespace

StreamSink::StreamSink(const Job& job, const StreamSinkSettings& settings)
    : name_(settings.path == "-" ? "stdout" : settings.path),
      descriptor_(open_output(settings.path)) {
  for (const WindowDefinition& window : job.windows) {
    std::string head = "{\"pipeline\":";
    append_json_string(head, job.pipeline);
    head += ",\"window\":";
    append_json_string(head, window.name);
    window_heads_.push_back(head + ",\"window_start\":");
  }
  for (const KeyField& key : job.format.keys) key_heads_.push_back(quoted_head(key.name));
  for (const Aggregate& aggregate : job.aggregates) {
    value_heads_.push_back(quoted_head(aggregate.name));
  }
}

StreamSink::~StreamSink() {
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

void StreamSink::publish(const WindowResult& result) {
  for (std::size_t row = 0; row < result.size(); ++row) {
    append_row(result, row);
    if (buffer_.size() >= write_at_bytes) flush();
  }
  statistics_.rows += result.size();
}

void StreamSink::append_row(const WindowResult& result, std::size_t row) {
  buffer_ += window_heads_[result.window];
  buffer_ += std::to_string(result.start);
  buffer_ += ",\"window_end\":";
  buffer_ += std::to_string(result.end);
  buffer_ += ",\"key\":{";
  const std::vector<KeyScalar> key = decode_key(result.key(row));
  for (std::size_t k = 0; k < key_heads_.size(); ++k) {
    if (k > 0) buffer_ += ',';
    buffer_ += key_heads_[k];
    append_json_scalar(buffer_, key[k]);
  }
  buffer_ += "},\"values\":{";
  std::string overflowed;
  for (std::size_t v = 0; v < value_heads_.size(); ++v) {
    if (v > 0) buffer_ += ',';
    buffer_ += value_heads_[v];
    const ResultValue value = result.value(row, v);
    append_json_value(buffer_, value);
    if (!value.overflow) continue;
    overflowed += overflowed.empty() ? "" : ",";
    overflowed.append(value_heads_[v], 0, value_heads_[v].size() - 1);
  }
  buffer_ += "},\"revision\":";
  buffer_ += std::to_string(result.revision);
  if (!overflowed.empty()) buffer_ += ",\"overflow\":[" + overflowed + "]";
  buffer_ += "}\n";
}

void StreamSink::flush() {
  std::size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      ++statistics_.errors;
      throw std::runtime_error("sink " + name_ + " cannot be written: " + std::strerror(errno));
    }
    written += static_cast<std::size_t>(count);
  }
  buffer_.clear();
}

}  // namespace sluice
