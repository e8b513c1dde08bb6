#pragma once

#include <functional>

#include <benchmark/benchmark.h>

#include "kernels/backend.hpp"

namespace sluice::bench {

/// Runs `body`, and marks the benchmark as failed when it throws (no memory for so many keys, say):
/// the others go on.
void run_or_skip(benchmark::State& state, const std::function<void()>& body);

/// Takes `flag` out of a program's arguments. @returns whether it was there
bool take_flag(int& argc, char** argv, const char* flag);

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
