#pragma once

#include "ingest/generate/event_planner.hpp"

namespace sluice {

/// Bids of the Nexmark benchmark, as JSON:
/// {"auction":1000,"bidder":1001,"price":2310,"channel":"Apple","date_time":1700000000000}
///
/// Bids are 46 of every 50 events of the benchmark, after 1 person and 3 auctions. Half of them go
/// to the one hot auction, three quarters come from the one hot bidder; the others are uniform over
/// the recent ones. Prices are log-uniform from 100 to 100,000,000. The settings' keys and
/// distribution do not matter here.
class NexmarkGenerator {
 public:
  explicit NexmarkGenerator(const GeneratorSettings&) {}

  static constexpr std::size_t max_bytes = 192;

  char* write(char* into, const EventPlan& plan, Random& random) const;
};

}  // namespace sluice
