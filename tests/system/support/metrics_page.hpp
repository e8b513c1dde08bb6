#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::system_test {

/// The value of a sample on a page of metrics. @param series name with its labels as they stand on
/// the page, or a name alone for the first of its samples
std::optional<double> sample(std::string_view page, const std::string& series);

/// Polls an address's /metrics until a sample is at least `least`. @return whether it got there
bool reaches(const std::string& address, const std::string& series, double least);

}  // namespace sluice::system_test
