#pragma once

#include <cstdint>
#include <string>

#include "host/pipeline/clock.hpp"
#include "host/pipeline/pipeline.hpp"

namespace sluice {

/// One line on a terminal that is written over and over: events, rate, windows, drops, lag. Writes
/// to standard error, and only when that is a terminal.
class LiveView {
 public:
  explicit LiveView(const Clock& clock);
  void state(const PipelineView& view);
  /// Ends the line. No more updates follow.
  void close();

 private:
  std::string line_of(const PipelineView& view, Milliseconds now);

  const Clock& clock_;
  bool active_;
  bool drawn_ = false;
  Milliseconds last_at_ = 0;
  std::uint64_t last_events_ = 0;
};

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace sluice
