#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>

namespace sluice::oracle {

/// Random draws that are the same on every machine: the distributions of the standard are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// From 1 to the limit, 1 for a limit of 0.
  std::int64_t up_to(std::size_t limit) {
    return limit == 0 ? 1 : between(1, static_cast<std::int64_t>(limit));
  }
  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  /// In [-1, 1], a multiple of 2^-52.
  double fraction() { return static_cast<double>(engine_() >> 11) * 0x1p-52 - 1.0; }
  template <typename T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sluice::oracle
