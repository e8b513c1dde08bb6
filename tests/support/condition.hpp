#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/job.hpp"

namespace sluice::oracle {

/// A condition of SQL, and what it says of an event by the rules of three-valued logic. Value
/// column i is called v<i>, key column i k<i>.
struct Condition {
  std::string text;
  std::function<std::optional<bool>(const Event&)> holds;  ///< none: unknown
};

/// A condition over the job's columns and keys: comparisons, BETWEEN, IN, LIKE, IS NULL, IS TRUE,
/// AND, OR, NOT, arithmetic. Constants are taken from the sample, so that it tells its events
/// apart.
/// @param sample not empty; events as the engine reads them
Condition random_condition(const Job& job, const std::vector<Event>& sample, std::uint64_t seed);

/// Marks the events for which the condition is not true as filtered.
void filter(const Condition& condition, std::vector<Event>& events);

}  // namespace sluice::oracle
