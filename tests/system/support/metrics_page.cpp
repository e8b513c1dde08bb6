#include "tests/system/support/metrics_page.hpp"

#include <cstdlib>

#include "tests/system/support/http.hpp"
#include "tests/system/support/poll.hpp"
#include "tests/system/support/sluice_program.hpp"

namespace sluice::system_test {

std::optional<double> sample(std::string_view page, const std::string& series) {
  for (const std::string& line : lines_of(page)) {
    if (!line.starts_with(series)) continue;
    const char next = line.size() > series.size() ? line[series.size()] : '\0';
    if (next != ' ' && next != '{') continue;
    return std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return std::nullopt;
}

bool reaches(const std::string& address, const std::string& series, double least) {
  return eventually([&] {
    const auto value = sample(http_get(address + "/metrics").body, series);
    return value && *value >= least;
  });
}

}  // namespace sluice::system_test
