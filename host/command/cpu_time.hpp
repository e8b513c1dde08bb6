#pragma once

namespace sluice {

/// User and system time of this process so far, all threads, seconds.
double process_cpu_seconds();

}  // namespace sluice
