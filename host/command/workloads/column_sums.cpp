#include "host/command/workloads/column_sums.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace sluice {
namespace {

using Words = std::span<const std::uint64_t>;

// Several sums side by side, since one waits for each addition to end.
[[gnu::always_inline]] inline SumBelow sum_below_in(Words bits, double limit) {
  constexpr std::size_t side_by_side = 16;
  std::array<double, side_by_side> sums{};
  std::array<std::uint64_t, side_by_side> counts{};
  const std::size_t whole = bits.size() / side_by_side * side_by_side;
  for (std::size_t i = 0; i < whole; i += side_by_side) {
    for (std::size_t k = 0; k < side_by_side; ++k) {
      const auto value = std::bit_cast<double>(bits[i + k]);
      sums[k] += value < limit ? value : 0.0;
      counts[k] += value < limit ? 1u : 0u;
    }
  }
  SumBelow below;
  for (std::size_t k = 0; k < side_by_side; ++k) {
    below.sum += sums[k];
    below.count += counts[k];
  }
  for (const std::uint64_t word : bits.subspan(whole)) {
    const auto value = std::bit_cast<double>(word);
    if (value >= limit) continue;
    below.sum += value;
    ++below.count;
  }
  return below;
}

[[gnu::always_inline]] inline Largest largest_in(Words bits) {
  Largest largest;
  for (const std::uint64_t word : bits) {
    largest.value = std::max(largest.value, static_cast<std::int64_t>(word));
  }
  for (const std::uint64_t word : bits) {
    largest.count += static_cast<std::int64_t>(word) == largest.value ? 1u : 0u;
  }
  return largest;
}

[[gnu::target("avx2")]] SumBelow sum_below_avx2(Words bits, double limit) {
  return sum_below_in(bits, limit);
}

[[gnu::target("avx2")]] Largest largest_avx2(Words bits) { return largest_in(bits); }

}  // namespace

std::uint64_t sum_of_words(Words bits) {
  std::uint64_t sum = 0;
  for (const std::uint64_t word : bits) sum += word;
  return sum;
}

SumBelow sum_below(Words bits, double limit) {
  return __builtin_cpu_supports("avx2") ? sum_below_avx2(bits, limit) : sum_below_in(bits, limit);
}

Largest largest_of(Words bits) {
  return __builtin_cpu_supports("avx2") ? largest_avx2(bits) : largest_in(bits);
}

}  // namespace sluice
