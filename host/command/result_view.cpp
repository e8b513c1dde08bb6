#include "host/command/result_view.hpp"

#include <cstdio>
#include <ctime>

#include <unistd.h>

#include "host/command/live_view.hpp"
#include "host/sinks/row_text.hpp"
#include "ingest/key.hpp"

namespace sluice {
namespace {

std::string clock_text(EventTime time) {
  const std::time_t seconds = time / 1'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[16];
  const std::size_t length = std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return {text, length};
}

std::string key_text(std::string_view encoded) {
  std::string text;
  for (const KeyScalar& scalar : decode_key(encoded)) {
    if (!text.empty()) text += ',';
    append_json_scalar(text, scalar);
  }
  return text;
}

}  // namespace

ResultView::ResultView(const Job& job) : job_(job), terminal_(::isatty(STDOUT_FILENO) == 1) {}

std::string ResultView::values_of(const WindowResult& result, std::size_t row) const {
  std::string text;
  for (std::size_t a = 0; a < job_.aggregates.size(); ++a) {
    text.append(" ").append(job_.aggregates[a].name).append("=");
    append_json_value(text, result.value(row, a));
  }
  return text;
}

void ResultView::publish(const WindowResult& result) {
  const ResultColumn& counts = result.columns[0];
  std::uint64_t events = 0;
  std::size_t busiest = 0;
  for (std::size_t row = 0; row < result.size(); ++row) {
    events += static_cast<std::uint64_t>(counts.integer(row));
    if (counts.integer(row) > counts.integer(busiest)) busiest = row;
  }
  std::printf("%swindow %-4s to %s: %7s events, %5zu keys; busiest %s%s\n",
              terminal_ ? "\r\x1b[K" : "", job_.windows[result.window].name.c_str(),
              clock_text(result.end).c_str(), grouped(events).c_str(), result.size(),
              key_text(result.key(busiest)).c_str(), values_of(result, busiest).c_str());
  statistics_.rows += result.size();
}

void ResultView::flush() { std::fflush(stdout); }

}  // namespace sluice
