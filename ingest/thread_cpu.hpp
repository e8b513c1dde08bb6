#pragma once

#include <ctime>

namespace sluice {

/// User and system time of the calling thread so far, seconds. Half a microsecond: once a block,
/// not once a message.
inline double thread_cpu_seconds() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace sluice
