#pragma once

#include <string>

namespace sluice {

/// Tests that need promtool are skipped, and say so, where it is not installed.
bool promtool_is_installed();

/// What `promtool check metrics` says against a page; empty when it is fine.
std::string promtool_complaints(const std::string& page);

}  // namespace sluice
