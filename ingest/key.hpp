#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice {

/// The scalar of one key column, as it came.
using KeyScalar = std::variant<std::monostate, std::int64_t, bool, std::string_view>;

/// What a backend compares keys by.
struct KeyIdentity {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const KeyIdentity&, const KeyIdentity&) = default;
};

/// Identity of a key of one column. Integers are exact: (value, 0); null is (0, 1), booleans
/// (0 or 1, 2); strings a seeded 128-bit XXH3 hash (which takes in the length) of the bytes, with
/// the top bit of `high` set as their tag, so that they never meet the others.
KeyIdentity identify(const KeyScalar& scalar, std::uint64_t seed) noexcept;

/// A key's columns as bytes: one form per key, so equal keys have equal bytes. Kept for output.
/// tag (null, integer, false, true, string), then 8 bytes little-endian or a 4-byte length and
/// the bytes.
void append_key_column(std::string& encoded, const KeyScalar& scalar);

/// Identity of a key of several columns, from its encoding: a hash over tags, lengths and bytes.
KeyIdentity identify_encoded(std::string_view encoded, std::uint64_t seed) noexcept;

/// The columns of an encoded key, in order; string views point into `encoded`.
std::vector<KeyScalar> decode_key(std::string_view encoded);

}  // namespace sluice
