#include "host/command/cpu_time.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace sluice {

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double thread_cpu_seconds_of(std::string_view name) {
  double seconds = 0;
  std::error_code ended;  // a thread may, between its listing and its reading
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ended)) {
    // number (name) state, ten figures, user and system time
    std::string line;
    std::getline(std::ifstream(task.path() / "stat"), line);
    const std::size_t begin = line.find('(');
    const std::size_t end = line.rfind(')');
    if (end == std::string::npos || line.substr(begin + 1, end - begin - 1) != name) continue;
    std::istringstream figures(line.substr(end + 1));
    std::string skipped;
    for (int figure = 0; figure < 11; ++figure) figures >> skipped;
    double user = 0;
    double system = 0;
    figures >> user >> system;
    seconds += (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return seconds;
}

}  // namespace sluice
