#include "bench/kernel_counters.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>

namespace sluice::bench {

bool take_flag(int& argc, char** argv, const char* flag) {
  char** const end = argv + argc;
  char** const kept = std::remove_if(
      argv, end, [=](const char* argument) { return std::string_view(argument) == flag; });
  argc = static_cast<int>(kept - argv);
  return kept != end;
}

void run_or_skip(benchmark::State& state, const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

KernelCounters::KernelCounters(const Backend& backend)
    : backend_(backend), before_(backend.status()) {}

void KernelCounters::report(benchmark::State& state) const {
  const BackendStatus now = backend_.status();
  for (std::size_t k = 0; k < now.kernels.size(); ++k) {
    const KernelStatistics& before = before_.kernels[k];
    const KernelStatistics& after = now.kernels[k];
    const auto timed = static_cast<double>(after.timed_launches - before.timed_launches);
    if (timed == 0) continue;
    const std::string name(after.name);
    state.counters[name + ".us"] = (after.seconds - before.seconds) * 1e6 / timed;
    state.counters[name + ".bytes"] = static_cast<double>(after.bytes - before.bytes) / timed;
    state.counters[name + ".events"] = static_cast<double>(after.events - before.events) / timed;
    state.counters[name + ".launches"] = static_cast<double>(after.launches - before.launches);
  }
}

}  // namespace sluice::bench
