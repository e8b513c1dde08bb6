#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "kernels/types.hpp"

namespace sluice {

/// A duration with its unit: "500ms", "10s", "5m", "1h", "1d"; several may follow each other
/// ("1h30m"), the whole may be negative. nullopt when it is not one, or does not fit.
std::optional<Milliseconds> parse_duration(std::string_view text);

/// A size with its unit: "64KiB", "32MiB", "8GiB", "1TiB", "512B", or a plain number of bytes.
std::optional<std::size_t> parse_bytes(std::string_view text);

}  // namespace sluice
