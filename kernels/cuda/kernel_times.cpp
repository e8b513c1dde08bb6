#include "kernels/cuda/kernel_times.hpp"

#include <string_view>

namespace sluice::cuda {

namespace {

constexpr std::uint64_t timed_every = 8;
constexpr std::array<std::string_view, stage_count> names = {
    "judge",       "resolve_keys",  "open_chunks",  "accumulate",    "close",
    "find_events", "decode_events", "patch_events", "compact_events"};

}  // namespace

void KernelTimes::start(Stage stage, Stream& stream) {
  Clock& c = clock(stage);
  // A stage that runs again before the times are read is only counted.
  c.running = !c.stopped && c.total.launches % timed_every == 0;
  if (c.running) c.begin.record(stream);
}

void KernelTimes::stop(Stage stage, Stream& stream, std::uint64_t events, std::uint64_t bytes) {
  Clock& c = clock(stage);
  ++c.total.launches;
  if (!c.running) return;
  c.end.record(stream);
  c.running = false;
  c.stopped = true;
  c.events = events;
  c.bytes = bytes;
}

bool KernelTimes::stop_uncounted(Stage stage, Stream& stream) {
  Clock& c = clock(stage);
  c.uncounted = c.uncounted || c.running;
  const bool timed = c.running;
  stop(stage, stream, 0, 0);
  return timed;
}

void KernelTimes::count(Stage stage, std::uint64_t events, std::uint64_t bytes) {
  Clock& c = clock(stage);
  c.uncounted = false;
  c.events = events;
  c.bytes = bytes;
}

void KernelTimes::settle() {
  for (Clock& c : clocks_) {
    if (!c.stopped || c.uncounted || !c.end.ready()) continue;
    c.stopped = false;
    ++c.total.timed_launches;
    c.total.seconds += std::chrono::duration<double>(c.end.since(c.begin)).count();
    c.total.events += c.events;
    c.total.bytes += c.bytes;
  }
}

std::vector<KernelStatistics> KernelTimes::statistics() const {
  std::vector<KernelStatistics> statistics;
  for (std::size_t i = 0; i < stages_; ++i) {
    statistics.push_back(clocks_[i].total);
    statistics.back().name = names[i];
  }
  return statistics;
}

}  // namespace sluice::cuda
