#include "host/command/live_view.hpp"

#include <cstdio>

#include <unistd.h>

namespace sluice {
namespace {

constexpr Milliseconds redraw_interval = 500;

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, ",");
  }
  return text;
}

LiveView::LiveView(const Clock& clock) : clock_(clock), active_(::isatty(STDERR_FILENO) == 1) {}

void LiveView::state(const PipelineView& view) {
  const Milliseconds now = clock_.steady();
  if (!active_ || now - last_at_ < redraw_interval) return;
  const std::string line = "\r\x1b[K" + line_of(view, now);
  std::fwrite(line.data(), 1, line.size(), stderr);
  drawn_ = true;
  last_at_ = now;
  last_events_ = view.engine.books().events_read;
}

std::string LiveView::line_of(const PipelineView& view, Milliseconds now) {
  const Books& books = view.engine.books();
  std::string line = grouped(books.events_read) + " events";
  if (last_at_ != 0) {
    const auto elapsed = static_cast<std::uint64_t>(now - last_at_);
    line += ", " + grouped((books.events_read - last_events_) * 1'000 / elapsed) + "/s";
  }
  line += ", " + grouped(books.windows_closed) + " windows, " + grouped(books.rows_emitted) +
          " rows, late " + grouped(books.late_dropped) + ", malformed " + grouped(books.malformed);
  std::int64_t lag = 0;
  for (const PartitionStatistics& partition : view.source.statistics().partitions) {
    lag += partition.lag.value_or(0);
  }
  if (lag > 0) line += ", lag " + grouped(static_cast<std::uint64_t>(lag));
  return line;
}

void LiveView::close() {
  if (drawn_) std::fputc('\n', stderr);
  active_ = false;
}

}  // namespace sluice
