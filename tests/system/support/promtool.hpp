#pragma once

#include <string>

namespace sluice::system_test {

/// What `promtool check metrics` says about a page of metrics; empty when it finds nothing wrong.
/// Starts with "SKIPPED: " where there is no promtool and SLUICE_REQUIRE_PROMETHEUS is not 1.
std::string promtool_findings(const std::string& page);

}  // namespace sluice::system_test
