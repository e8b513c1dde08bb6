#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "kernels/backend.hpp"

namespace sluice::cpu {

/// Figures of one stage; every launch is timed.
class StageClock {
 public:
  explicit StageClock(std::string_view name) { figures_.name = name; }

  /// Runs `work` as one launch over `events` events that moves `bytes` bytes by the stage's model.
  template <class Work>
  void time(std::uint64_t events, std::uint64_t bytes, Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    ++figures_.launches;
    ++figures_.timed_launches;
    figures_.seconds += passed.count();
    figures_.events += events;
    figures_.bytes += bytes;
  }
  /// Adds what is known only after the launch.
  void count(std::uint64_t events, std::uint64_t bytes) {
    figures_.events += events;
    figures_.bytes += bytes;
  }

  const KernelStatistics& figures() const noexcept { return figures_; }

 private:
  KernelStatistics figures_;
};

}  // namespace sluice::cpu
