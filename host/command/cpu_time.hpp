#pragma once

#include <string_view>

namespace sluice {

/// User and system time of this process so far, all threads, seconds.
double process_cpu_seconds();

/// The same of its living threads with this name (of at most 15 bytes); 0 where there are none.
double thread_cpu_seconds_of(std::string_view name);

}  // namespace sluice
