#include "ingest/key.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {
namespace {

enum class Tag : char { null, integer, no, yes, string };

// Encodings are written and read as they lie in memory.
static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t string_mark = std::uint64_t{1} << 63;

KeyIdentity hash(std::string_view bytes, std::uint64_t seed) noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64 | string_mark};
}

template <class Number>
void append_number(std::string& encoded, Number number) {
  const auto bytes = std::bit_cast<std::array<char, sizeof number>>(number);
  encoded.append(bytes.data(), bytes.size());
}

template <class Number>
Number take_number(std::string_view& encoded) {
  assert(encoded.size() >= sizeof(Number));
  Number number;
  std::memcpy(&number, encoded.data(), sizeof number);
  encoded.remove_prefix(sizeof number);
  return number;
}

}  // namespace

KeyIdentity identify(const KeyScalar& scalar, std::uint64_t seed) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
    return {static_cast<std::uint64_t>(*integer), 0};
  }
  if (const auto* text = std::get_if<std::string_view>(&scalar)) return hash(*text, seed);
  if (const auto* boolean = std::get_if<bool>(&scalar)) return {*boolean ? 1U : 0U, 2};
  return {0, 1};
}

void append_key_column(std::string& encoded, const KeyScalar& scalar) {
  if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
    encoded.push_back(static_cast<char>(Tag::integer));
    append_number(encoded, *integer);
  } else if (const auto* text = std::get_if<std::string_view>(&scalar)) {
    encoded.push_back(static_cast<char>(Tag::string));
    append_number(encoded, static_cast<std::uint32_t>(text->size()));
    encoded.append(*text);
  } else if (const auto* boolean = std::get_if<bool>(&scalar)) {
    encoded.push_back(static_cast<char>(*boolean ? Tag::yes : Tag::no));
  } else {
    encoded.push_back(static_cast<char>(Tag::null));
  }
}

KeyIdentity identify_encoded(std::string_view encoded, std::uint64_t seed) noexcept {
  return hash(encoded, seed);
}

std::vector<KeyScalar> decode_key(std::string_view encoded) {
  std::vector<KeyScalar> columns;
  while (!encoded.empty()) {
    const auto tag = static_cast<Tag>(encoded.front());
    encoded.remove_prefix(1);
    if (tag == Tag::integer) {
      columns.emplace_back(take_number<std::int64_t>(encoded));
    } else if (tag == Tag::string) {
      const auto length = take_number<std::uint32_t>(encoded);
      columns.emplace_back(encoded.substr(0, length));
      encoded.remove_prefix(length);
    } else if (tag == Tag::null) {
      columns.emplace_back(std::monostate{});
    } else {
      columns.emplace_back(tag == Tag::yes);
    }
  }
  return columns;
}

}  // namespace sluice
