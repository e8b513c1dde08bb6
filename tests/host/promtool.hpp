#pragma once

#include <string>

namespace sluice {

/// What `promtool check metrics` says against a page; empty when it is fine, or when promtool is
/// not installed.
std::string promtool_complaints(const std::string& page);

}  // namespace sluice
