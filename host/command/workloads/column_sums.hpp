#pragma once

#include <cstdint>
#include <span>

namespace sluice {

/// Sum of a column's words, modulo 2^64.
std::uint64_t sum_of_words(std::span<const std::uint64_t> bits);

/// How many doubles of a column are below a limit, and their sum.
struct SumBelow {
  std::uint64_t count = 0;
  double sum = 0;
};
SumBelow sum_below(std::span<const std::uint64_t> bits, double limit);

/// The largest integer of a column that is not negative, and how often it is there.
struct Largest {
  std::uint64_t count = 0;
  std::int64_t value = 0;
};
Largest largest_of(std::span<const std::uint64_t> bits);

}  // namespace sluice
