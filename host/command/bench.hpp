#pragma once

#include <cstdint>
#include <stop_token>

#include "host/log.hpp"

namespace sluice {

struct BenchOptions {
  std::uint64_t events = 5'000'000;  ///< a run
  unsigned runs = 3;
};

/// End-to-end throughput on this machine, against ceilings measured in the same run: generated and
/// read JSON events through the main windows into a counting sink. Prints a table.
/// @throws std::runtime_error when the environment breaks.
void run_bench(const BenchOptions& options, Logger& logger, std::stop_token stop);

}  // namespace sluice
