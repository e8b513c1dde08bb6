#include "ingest/generate/event_planner.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr Milliseconds least_lateness = 30'000;
constexpr std::uint64_t lateness_spread = 30'000;

/// number * 1000 / per_second without overflow.
Milliseconds elapsed(std::uint64_t number, std::uint64_t per_second) {
  const std::uint64_t seconds = number / per_second;
  const std::uint64_t rest = number % per_second;
  return static_cast<Milliseconds>(seconds * 1'000 + rest * 1'000 / per_second);
}

}  // namespace

EventPlanner::EventPlanner(const GeneratorSettings& settings, EventTime start, unsigned partition)
    : number_(partition),
      step_(std::max(settings.partitions, 1u)),
      events_(settings.events),
      per_second_(std::max<std::uint64_t>(settings.rate.value_or(settings.events_per_second), 1)),
      start_(start),
      disorder_(static_cast<std::uint64_t>(std::max<Milliseconds>(settings.disorder, 0))),
      late_ratio_(settings.late_ratio),
      malformed_ratio_(settings.malformed_ratio) {}

EventPlan EventPlanner::next(Random& random) {
  EventPlan plan;
  plan.number = number_;
  plan.time = start_ + elapsed(number_, per_second_) -
              static_cast<Milliseconds>(random.below(disorder_ + 1));
  plan.malformed = random.happens(malformed_ratio_);
  plan.late = !plan.malformed && random.happens(late_ratio_);
  if (plan.late) {
    plan.time -= static_cast<Milliseconds>(disorder_) + least_lateness +
                 static_cast<Milliseconds>(random.below(lateness_spread));
    ++late_;
  }
  malformed_ += plan.malformed ? 1 : 0;
  number_ += step_;
  return plan;
}

}  // namespace sluice
