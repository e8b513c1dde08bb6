#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/job.hpp"

namespace sluice::oracle {

/// Upper bounds of what a random scenario holds. To shrink a failing seed, lower them: with fewer
/// events a scenario is a prefix of the same stream under the same job, unless a bound that shapes
/// the job (windows, aggregates, columns, partitions, keys) is lowered too.
struct ScenarioLimits {
  std::size_t events = 400;
  std::size_t batch_events = 40;  ///< largest batch; batches may be empty
  std::size_t windows = 3;
  std::size_t aggregates = 5;
  std::size_t columns = 3;
  std::size_t key_columns = 2;
  std::uint32_t partitions = 3;
  std::size_t keys = 8;
  bool doubles = true;         ///< columns of doubles beside integers and decimals
  bool beyond_bound = true;    ///< late events, jumps ahead, idle and ended partitions
  bool dropped_events = true;  ///< malformed and future ones and tombstones
  bool filtered = false;       ///< events that a `where` refuses
  bool string_keys = true;     ///< key columns of strings, booleans and nulls beside integers
};

/// A job and what it is fed. All partitions have the same clock, which starts with the first batch
/// and stands still now and then. The last batch ends every partition if the input is bounded.
struct Scenario {
  std::uint64_t seed = 0;
  Job job = {};
  std::vector<Batch> batches = {};
};

/// The same scenario for the same arguments, on every machine: tumbling and sliding windows with
/// odd sizes and offsets (slide > size, size not a multiple of slide), times around the epoch and
/// far from it, disorder, bursts, skewed keys, nulls, overflowing sums, random cuts.
Scenario random_scenario(std::uint64_t seed, const ScenarioLimits& limits = {});

/// The same events in the same order in other batches. The rows stay the same only while nothing
/// depends on the cuts (ScenarioLimits::beyond_bound = false).
Scenario recut(const Scenario& scenario, std::uint64_t seed, std::size_t batch_events);

/// The same batches, each in another order inside.
Scenario shuffled_inside_batches(const Scenario& scenario, std::uint64_t seed);

/// Seed, windows, aggregates and watermark settings on a few lines, for a failing test's message.
std::string describe(const Scenario& scenario);

}  // namespace sluice::oracle
