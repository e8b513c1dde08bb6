#include "bench/backend_bench.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <vector>

namespace sluice::bench {
namespace {

/// Backends that run on this machine.
std::vector<BackendKind> available_backends() {
  std::vector<BackendKind> kinds{BackendKind::cpu};
  if (cuda_unavailable().empty()) kinds.push_back(BackendKind::cuda);
  return kinds;
}

}  // namespace

int run_on_every_backend(int argc, char** argv,
                         const std::function<void(BackendKind, BenchSet)>& add) {
  char** const end = argv + argc;
  char** const kept = std::remove_if(
      argv, end, [](const char* argument) { return std::string_view(argument) == "--full"; });
  argc = static_cast<int>(kept - argv);
  for (const BackendKind kind : available_backends()) {
    add(kind, kept == end ? BenchSet::quick : BenchSet::full);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
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
