#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "tests/support/job.hpp"

namespace sluice::oracle {

/// What an aggregate of one window and key has to be.
struct Expected {
  using Number = std::variant<std::int64_t, long double>;

  std::optional<Number> value = {};  ///< int64 for counts, int64 and decimal results (scaled)
  long double tolerance = 0;         ///< largest |actual - value| allowed; 0: the same number
  bool overflow = false;             ///< null and marked: an exact sum that leaves the int64 range
  bool or_null = false;  ///< null is right too: doubles that overflow in some orders only
};

/// Computes one aggregate of the events of one window and key from its definition.
///
/// Integers and decimals: exact, rounded at most once; a standard deviation is the square root of
/// that variance, give or take one unit in the last place (2^-52 of it).
///
/// Doubles, with u = 2^-53 and n values: sum within n u sum|x|; avg within u (sum|x| + |avg|): that
/// bound divided by n, and one division. Variance: shifted sums S1 = sum(x - K), S2 = sum(x - K)^2
/// of any K among the values of the column give each term |x - K| <= R (the column's range), so
/// S2 <= n R^2 and |S1| <= n R. Rounding leaves S2 off by at most (3n + 5) u n R^2 and S1 by
/// (n + 1) u n R, whose share in S1^2 / n is 2 (n + 1) u n R^2; a change of K from pane to pane
/// adds less than (3n + 14) u n R^2. Together below 8 (n + 3) u n R^2, divided by n or n - 1. A
/// standard deviation s then is off by at most min(sqrt(e), e / s) for that e. One value: exactly
/// 0.
///
/// @param range of every value of the column read so far, largest less smallest; used for doubles.
Expected expected_value(const Job& job, const Aggregate& aggregate,
                        const std::vector<const Event*>& events, long double range);

}  // namespace sluice::oracle
