#pragma once

#include <cstdint>

#include "ingest/decode/quick_number.hpp"

namespace sluice {

/// How columns of text read numbers on any machine: eight digits at a time in words.
struct NumberWords {
  template <LeadingZeros Zeros>
  static bool integer(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
    return quick_integer<Zeros>(text, length, number);
  }
  template <LeadingZeros Zeros>
  static bool number(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
    return quick_number<Zeros>(text, length, number);
  }
};

}  // namespace sluice
