#include "host/metrics/process_metrics.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

namespace sluice {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry)
    : cpu_seconds_(
          counters(registry, "process_cpu_seconds_total", "User and system CPU time spent.")
              .Add({})),
      resident_bytes_(
          gauges(registry, "process_resident_memory_bytes", "Resident memory.").Add({})),
      virtual_bytes_(gauges(registry, "process_virtual_memory_bytes", "Virtual memory.").Add({})),
      threads_(gauges(registry, "process_threads", "Threads.").Add({})),
      open_files_(gauges(registry, "process_open_fds", "Open file descriptors.").Add({})) {
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  gauges(registry, "process_start_time_seconds", "Start of the process since the epoch.")
      .Add({})
      .Set(now);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  gauges(registry, "process_max_fds", "Most file descriptors that may be open.")
      .Add({})
      .Set(static_cast<double>(limit.rlim_cur));
}

void ProcessMetrics::update() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  advance(cpu_seconds_, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
  std::ifstream statm("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  virtual_bytes_.Set(virtual_pages * page);
  resident_bytes_.Set(resident_pages * page);
  std::error_code error;
  const auto count = [&](const char* folder) {
    const std::filesystem::directory_iterator entries(folder, error);
    return static_cast<double>(std::distance(begin(entries), end(entries)));
  };
  threads_.Set(count("/proc/self/task"));
  open_files_.Set(count("/proc/self/fd"));
}

}  // namespace sluice
