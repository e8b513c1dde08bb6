#pragma once

#include <chrono>

#include "ingest/thread_cpu.hpp"

namespace sluice {

/// What a part of one fill cost in CPU time. Reading a thread's CPU time is dear, so it is read
/// twice a fill, and split as the wall clock says: a thread that has to make way loses its parts
/// alike.
class FillClock {
 public:
  using Clock = std::chrono::steady_clock;

  explicit FillClock(Clock::time_point began) noexcept : began_(began) {}

  /// The thread slept for so long.
  void slept(Clock::duration time) noexcept { slept_ += time; }

  /// CPU seconds of a part that took `time` between the beginning and `now`.
  double cpu_seconds_of(Clock::duration time, Clock::time_point now) const noexcept {
    const Clock::duration awake = now - began_ - slept_;
    if (awake <= time) {
      return time.count() == 0 ? 0 : thread_cpu_seconds() - cpu_began_;
    }
    return (thread_cpu_seconds() - cpu_began_) * static_cast<double>(time.count()) /
           static_cast<double>(awake.count());
  }

 private:
  const Clock::time_point began_;
  const double cpu_began_ = thread_cpu_seconds();
  Clock::duration slept_{};
};

}  // namespace sluice
