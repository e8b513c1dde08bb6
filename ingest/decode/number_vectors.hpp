#pragma once

#if defined(__x86_64__)

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "ingest/decode/quick_number.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif

namespace sluice {

/// How columns of text read numbers where there is AVX2: up to 16 characters at a time, a point
/// among them, without a sign. For functions that are compiled for it too.
class NumberVectors {
 public:
  template <LeadingZeros Zeros>
  static bool integer(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
    number.negative = is_byte(*text, '-');
    text += number.negative;
    length -= number.negative;
    if (length - 1 > 15) [[unlikely]]
      return false;
    const __m128i characters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const std::uint32_t others = join(characters, length, length, number.digits);
    return (others | misplaced_zero<Zeros>(text, length)) == 0;
  }

  template <LeadingZeros Zeros>
  static bool number(const char* text, std::uint32_t length, QuickNumber& number) noexcept {
    const std::uint32_t negative = is_byte(*text, '-');
    const std::uint32_t characters = length - negative;
    if (characters - 1 > 15) [[unlikely]]
      return false;
    text += negative;
    const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const auto points =
        static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(sixteen, _mm_set1_epi8('.'))));
    const auto whole =
        static_cast<std::uint32_t>(std::countr_zero(points | std::uint32_t{1} << characters));
    number.negative = negative;
    // How many characters are behind the point; -1: there is none.
    const std::uint32_t behind = characters - 1 - whole;
    number.decimals = behind + (behind >> 31);
    const std::uint32_t no_digits = ((whole - 1) | ((behind - 1) & ~behind)) >> 31;
    const std::uint32_t others = join(sixteen, characters, whole, number.digits);
    return (others | no_digits | misplaced_zero<Zeros>(text, whole)) == 0;
  }

 private:
  using Places = std::array<std::int8_t, 16>;

  // Moves the digits of a number of `length` characters, whose point, if it has one, is behind
  // `whole` digits, to the right end of a vector; what is left of them becomes 0.
  static constexpr auto right_aligned = [] {
    std::array<std::array<Places, 17>, 17> all{};
    for (std::size_t length = 1; length <= 16; ++length) {
      for (std::size_t whole = 0; whole <= length; ++whole) {
        const std::size_t digits = length - (whole < length);
        for (std::size_t lane = 0; lane < 16; ++lane) {
          const std::size_t digit = lane + digits - 16;
          all[length][whole][lane] =
              lane + digits < 16 ? std::int8_t{-128}
                                 : static_cast<std::int8_t>(digit + (digit >= whole ? 1 : 0));
        }
      }
    }
    return all;
  }();

  // Not 0: a zero before other digits, where that is refused.
  template <LeadingZeros Zeros>
  static std::uint32_t misplaced_zero(const char* text, std::uint32_t whole) noexcept {
    return Zeros == LeadingZeros::allowed ? 0 : is_byte(*text, '0') & ((1 - whole) >> 31);
  }

  // @returns 0: all of them are digits.
  static std::uint32_t join(__m128i characters, std::uint32_t length, std::uint32_t whole,
                            std::uint64_t& number) noexcept {
    const __m128i places =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(right_aligned[length][whole].data()));
    const __m128i digits = _mm_shuffle_epi8(_mm_xor_si128(characters, _mm_set1_epi8('0')), places);
    const __m128i beyond_nine = _mm_adds_epu8(digits, _mm_set1_epi8(0x76));
    const __m128i pairs = _mm_maddubs_epi16(
        digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
    const __m128i packed = _mm_packus_epi32(fours, fours);
    const __m128i eights =
        _mm_madd_epi16(packed, _mm_setr_epi16(10'000, 1, 10'000, 1, 10'000, 1, 10'000, 1));
    const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
    number = (both & 0xFFFF'FFFF) * 100'000'000 + (both >> 32);
    return static_cast<std::uint32_t>(_mm_movemask_epi8(beyond_nine));
  }
};

}  // namespace sluice

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
