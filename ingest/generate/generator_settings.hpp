#pragma once

#include <cstdint>
#include <optional>

#include "kernels/types.hpp"

namespace sluice {

enum class GeneratorKind : std::uint8_t { user_behaviour, nexmark_bids, yahoo };
enum class KeyDistribution : std::uint8_t { uniform, zipf };

/// The `source` section of a job of type generator. The same settings give the same events.
struct GeneratorSettings {
  GeneratorKind kind = GeneratorKind::user_behaviour;
  std::uint64_t seed = 1;
  std::uint64_t events = 0;  ///< 0: without end
  std::uint64_t keys = 1'000;
  KeyDistribution distribution = KeyDistribution::uniform;
  double zipf_exponent = 1.0;
  Milliseconds disorder = 1'000;  ///< event times are up to this much behind
  double late_ratio = 0;          ///< share of events far behind the disorder
  double malformed_ratio = 0;
  std::optional<std::uint64_t> rate;          ///< events per second of wall time; nullopt: flat out
  std::uint64_t events_per_second = 100'000;  ///< of event time, when not paced by the wall clock
  std::optional<EventTime> start;             ///< event time of the first event; nullopt: now
  unsigned partitions = 1;
};

}  // namespace sluice
