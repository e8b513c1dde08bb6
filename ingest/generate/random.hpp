#pragma once

#include <cstdint>
#include <random>

namespace sluice {

/// Random numbers that are the same on every machine: the standard fixes the engine's, and the
/// mappings below are our own since it leaves the distributions open.
class Random {
 public:
  /// Streams of one seed are independent of each other.
  Random(std::uint64_t seed, std::uint64_t stream) {
    std::seed_seq mixed{seed & 0xFFFFFFFF, seed >> 32, stream & 0xFFFFFFFF, stream >> 32};
    engine_.seed(mixed);
  }

  std::uint64_t bits() { return engine_(); }

  /// Uniform in [0, bound); bound > 0. Off from uniform by less than bound / 2^64.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits()) * bound) >> 64);
  }

  /// Uniform in [0, 1).
  double fraction() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  bool happens(double probability) { return probability > 0 && fraction() < probability; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sluice
