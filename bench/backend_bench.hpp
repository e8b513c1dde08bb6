#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <benchmark/benchmark.h>

#include "kernels/backend.hpp"

namespace sluice::bench {

/// Which of a program's benchmarks are there: the quick ones take less than a minute on two cores;
/// `--full` on the command line adds the rest.
enum class BenchSet : std::uint8_t { quick, full };

/// Runs a benchmark program: `add` adds its benchmarks for each backend that runs on this machine.
/// @returns the exit code
int run_on_every_backend(int argc, char** argv,
                         const std::function<void(BackendKind, BenchSet)>& add);

/// Runs `body`, and marks the benchmark as failed when it throws (no memory for so many keys, say):
/// the others go on.
void run_or_skip(benchmark::State& state, const std::function<void()>& body);

/// What a backend's kernels did between two points, as counters of the benchmark: for each kernel
/// k that was timed, k.us, k.bytes (by its model) and k.events, each of one launch on average, and
/// k.launches.
class KernelCounters {
 public:
  explicit KernelCounters(const Backend& backend);
  void report(benchmark::State& state) const;

 private:
  const Backend& backend_;
  BackendStatus before_;
};

}  // namespace sluice::bench
