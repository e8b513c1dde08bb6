#include "tests/system/support/promtool.hpp"

#include <cstdlib>
#include <string_view>
#include <system_error>

#include "tests/system/support/process.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {

std::string promtool_findings(const std::string& page) {
  const TempFolder folder;
  try {
    Process promtool({"promtool", "check", "metrics"}, {.input = folder.file("page", page)});
    const auto ending = promtool.wait();
    std::string findings = promtool.output() + promtool.errors();
    if (ending && ending->code == 0) return findings;
    return findings.empty() ? "promtool failed" : findings;
  } catch (const std::system_error& error) {
    const char* const required = std::getenv("SLUICE_REQUIRE_PROMETHEUS");
    const bool missing_is_wrong = required != nullptr && std::string_view(required) == "1";
    return std::string(missing_is_wrong ? "FAILED" : "SKIPPED") +
           ": no promtool (package prometheus): " + error.what();
  }
}

}  // namespace sluice::system_test
