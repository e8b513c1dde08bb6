#pragma once

#include <atomic>

#include "host/pipeline/clock.hpp"

namespace sluice {

/// A clock that stands still unless told. Thread-safe.
class FakeClock {
 public:
  /// Wall and steady clock show the same time. Must not outlive this.
  Clock clock() {
    return {.wall = [this] { return now_.load(); }, .steady = [this] { return now_.load(); }};
  }
  void advance(Milliseconds time) { now_ += time; }

 private:
  std::atomic<Milliseconds> now_{1'000'000};
};

}  // namespace sluice
