#pragma once

#include <cstdint>

#include "host/command/kafka/kafka_load.hpp"

namespace sluice {

/// The loop that somebody would write by hand instead of using Sluice, which its figures are
/// compared with: a pinned librdkafka consumer a core with the batch interface, simdjson per
/// message, an unordered_map of strings per window; no watermarks, no output.
/// @param load of JSON  @returns events counted
std::uint64_t run_hand_loop(const KafkaLoad& load);

}  // namespace sluice
