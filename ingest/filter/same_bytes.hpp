#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {

template <class Word>
Word load_word(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Whether two strings of one length are the same; without a call, since most are short. Reads
/// nothing beyond them.
inline bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
  if (size >= sizeof(std::uint64_t)) {
    const std::size_t last = size - sizeof(std::uint64_t);
    for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) {
      if (load_eight(a + at) != load_eight(b + at)) return false;
    }
    return load_eight(a + last) == load_eight(b + last);
  }
  // Two overlapping halves, or up to three bytes.
  if (size >= 4) {
    return load_word<std::uint32_t>(a) == load_word<std::uint32_t>(b) &&
           load_word<std::uint32_t>(a + size - 4) == load_word<std::uint32_t>(b + size - 4);
  }
  if (size >= 2) {
    return load_word<std::uint16_t>(a) == load_word<std::uint16_t>(b) && a[size - 1] == b[size - 1];
  }
  return size == 0 || *a == *b;
}

}  // namespace sluice
