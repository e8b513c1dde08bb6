#include "host/version.hpp"

namespace sluice {

std::string_view version() noexcept { return SLUICE_VERSION; }

std::string_view revision() noexcept { return SLUICE_REVISION; }

}  // namespace sluice
