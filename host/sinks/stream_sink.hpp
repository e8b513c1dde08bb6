#pragma once

#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/sinks/sink.hpp"

namespace sluice {

/// Writes rows as JSON lines (DESIGN, "A result row as JSON") to a file or to standard output.
/// A file is appended to.
class StreamSink : public Sink {
 public:
  /// @throws std::runtime_error naming the path and the reason when it cannot be opened.
  StreamSink(const Job& job, const StreamSinkSettings& settings);
  ~StreamSink() override;
  StreamSink(const StreamSink&) = delete;
  StreamSink& operator=(const StreamSink&) = delete;

  std::string_view name() const noexcept override { return name_; }
  void publish(const WindowResult& result) override;
  void flush() override;
  SinkStatistics statistics() const noexcept override { return statistics_; }

 private:
  void append_row(const WindowResult& result, std::size_t row);

  std::string name_;
  int descriptor_;
  std::vector<std::string> window_heads_;  ///< per definition: the row's text up to window_start
  std::vector<std::string> key_heads_;     ///< per key column: its quoted name and a colon
  std::vector<std::string> value_heads_;   ///< per aggregate, likewise
  std::string buffer_;
  SinkStatistics statistics_;
};

}  // namespace sluice
