#include "bench/backend_bench.hpp"

#include <vector>

#include <benchmark/benchmark.h>

#include "bench/kernel_counters.hpp"

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
  const BenchSet set = take_flag(argc, argv, "--full") ? BenchSet::full : BenchSet::quick;
  for (const BackendKind kind : available_backends()) add(kind, set);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace sluice::bench
