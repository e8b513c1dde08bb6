#pragma once

#include <cstdint>
#include <functional>

#include "kernels/backend.hpp"

namespace sluice::bench {

/// Which of a program's benchmarks are there: the quick ones take less than a minute on two cores;
/// `--full` on the command line adds the rest.
enum class BenchSet : std::uint8_t { quick, full };

/// Runs a benchmark program: `add` adds its benchmarks for each backend that runs on this machine.
/// @returns the exit code
int run_on_every_backend(int argc, char** argv,
                         const std::function<void(BackendKind, BenchSet)>& add);

}  // namespace sluice::bench
