#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "host/config/job.hpp"
#include "host/log.hpp"

namespace sluice {

struct DemoOptions {
  std::optional<std::chrono::milliseconds> length;  ///< nullopt: until stopped
  std::uint64_t events_per_second = 50'000;
  std::string listen = "127.0.0.1:9465";
};

/// The main job on an in-process broker: a producer of user-behaviour events (out of order, some
/// late, some malformed), tumbling 1 s and sliding 10 s by 1 s windows, live results on standard
/// output, /metrics, and a summary at the end.
/// @throws std::runtime_error when the environment breaks.
void run_demo(const DemoOptions& options, Logger& logger, std::stop_source stop);

/// The demo's job, reading `topic` from `brokers`.
Job demo_job(const std::string& brokers, const std::string& topic, const std::string& listen);

}  // namespace sluice
