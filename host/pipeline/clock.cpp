#include "host/pipeline/clock.hpp"

#include <chrono>

namespace sluice {
namespace {

template <class StdClock>
Milliseconds milliseconds_of() {
  return std::chrono::floor<std::chrono::milliseconds>(StdClock::now().time_since_epoch()).count();
}

}  // namespace

Clock Clock::system() {
  return {.wall = milliseconds_of<std::chrono::system_clock>,
          .steady = milliseconds_of<std::chrono::steady_clock>};
}

}  // namespace sluice
