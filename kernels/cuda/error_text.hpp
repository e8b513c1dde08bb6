#pragma once

#include <string>

/// What error.cpp needs of a runtime; implemented beside runtime.hpp by both.
namespace sluice::cuda {

/// "cudaErrorInvalidValue: invalid argument"
[[nodiscard]] std::string error_text(int code);

/// Makes the runtime forget an error that is not sticky.
void clear_last_error() noexcept;

}  // namespace sluice::cuda
