#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "host/log.hpp"

namespace sluice {

struct BenchKafkaOptions {
  std::string brokers;               ///< bootstrap servers; empty: a broker inside the process
  std::uint64_t events = 4'000'000;  ///< a topic; packed ones three times as many
  std::vector<std::uint64_t> keys{1'000};
  unsigned runs = 3;      ///< of which the one with the median CPU time is shown
  std::string json_path;  ///< for bench/draw_kafka.py; empty: none
};

/// Fills topics and runs the main job over them: where its CPU time goes (fetch, decompress,
/// decode, accumulate, close), fetching directly and with librdkafka, and beside it the loop that
/// one would write by hand. Prints tables, in microseconds of CPU time an event and per cent.
/// @throws std::runtime_error when the environment breaks.
void run_bench_kafka(const BenchKafkaOptions& options, Logger& logger, std::stop_token stop);

}  // namespace sluice
