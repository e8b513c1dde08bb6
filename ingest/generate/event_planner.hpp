#pragma once

#include <cstdint>

#include "ingest/generate/generator_settings.hpp"
#include "ingest/generate/random.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// What an event is to be, apart from its content.
struct EventPlan {
  std::uint64_t number = 0;  ///< over all partitions
  EventTime time = 0;
  bool late = false;
  bool malformed = false;
};

/// Plans the events of one partition: partition p of n has the numbers p, p + n, p + 2n... Event
/// time moves on evenly with the number; each event is up to `disorder` behind it, and a late one
/// 30 to 60 seconds more.
class EventPlanner {
 public:
  /// @param start event time of number 0  @param partition < settings.partitions
  EventPlanner(const GeneratorSettings& settings, EventTime start, unsigned partition);

  EventPlan next(Random& random);

  /// Whether this partition has no further event (settings.events).
  bool finished() const noexcept { return events_ != 0 && number_ >= events_; }

  std::uint64_t late() const noexcept { return late_; }
  std::uint64_t malformed() const noexcept { return malformed_; }

 private:
  std::uint64_t number_;
  std::uint64_t step_;
  std::uint64_t events_;
  std::uint64_t per_second_;
  EventTime start_;
  std::uint64_t disorder_;
  double late_ratio_;
  double malformed_ratio_;
  std::uint64_t late_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace sluice
