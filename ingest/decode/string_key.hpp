#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ingest/key.hpp"

namespace sluice {

/// identify() of a string, for loops that cannot afford a call.
[[gnu::flatten]] inline KeyIdentity identify_string(std::string_view text,
                                                    std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
  return {hash.low64, hash.high64 | std::uint64_t{1} << 63};
}

}  // namespace sluice
