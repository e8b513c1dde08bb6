#pragma once

#include <string_view>

namespace sluice {

/// Major.minor.patch, for example "0.1.0".
std::string_view version() noexcept;

/// The commit that this program was built from, with "-dirty" where files differed from it;
/// "unknown" without git.
std::string_view revision() noexcept;

}  // namespace sluice
