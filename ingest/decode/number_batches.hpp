#pragma once

#if defined(__x86_64__)

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "ingest/decode/digits.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/number_vectors.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/decode/text_block.hpp"

#if defined(__clang__)
#pragma clang attribute push(                                                              \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq," \
                          "avx512bitalg"))),                                               \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512bitalg")
#endif

namespace sluice {

/// How columns of text read numbers where there is AVX-512: eight of up to 16 characters at a time,
/// signs and points among them. The functions below read the field of eight rows from `texts` on,
/// and say whether all eight were plain; else nothing that they wrote counts. They read the 16
/// bytes up to a field's last one, and refuse where there are not as many behind `base`.
class NumberBatches : public NumberVectors {
 public:
  static constexpr std::size_t at_once = 8;

  /// @param limit of their magnitudes
  template <LeadingZeros Zeros>
  static bool integers(const char* base, const FieldTexts& texts, std::uint64_t limit,
                       std::int64_t* numbers) noexcept {
    Characters characters;
    if (!load(base, texts, characters)) return false;
    Eight eight;
    if (!join<Zeros, false>(characters, eight)) return false;
    const __mmask8 beyond =
        _mm512_cmpgt_epu64_mask(eight.digits, _mm512_set1_epi64(static_cast<std::int64_t>(limit)));
    store(eight.digits, eight.negative, numbers);
    return beyond == 0;
  }

  /// Numbers of up to `scale` decimals, in units of the last of them.
  template <LeadingZeros Zeros>
  static bool decimals(const char* base, const FieldTexts& texts, unsigned scale,
                       std::uint64_t limit, std::int64_t* numbers) noexcept {
    Characters characters;
    if (scale > 15 || !load(base, texts, characters)) return false;
    Eight eight;
    if (!join<Zeros, true>(characters, eight)) return false;
    const __m512i power = _mm512_sub_epi64(_mm512_set1_epi64(scale), eight.decimals);
    const __m512i factor = _mm512_permutex2var_epi64(_mm512_loadu_si512(power_of_ten), power,
                                                     _mm512_loadu_si512(power_of_ten + 8));
    const __mmask8 refused =
        _mm512_cmpgt_epu64_mask(power, _mm512_set1_epi64(scale)) |
        _mm512_cmpgt_epu64_mask(eight.digits, _mm512_set1_epi64(static_cast<std::int64_t>(limit)));
    store(_mm512_mullo_epi64(eight.digits, factor), eight.negative, numbers);
    return refused == 0;
  }

  template <LeadingZeros Zeros>
  static bool are_numbers(const char* base, const FieldTexts& texts) noexcept {
    Characters characters;
    Eight eight;
    return load(base, texts, characters) && join<Zeros, true>(characters, eight);
  }

  /// The nearest doubles, as their bits.
  template <LeadingZeros Zeros>
  static bool doubles(const char* base, const FieldTexts& texts, std::int64_t* numbers) noexcept {
    Characters characters;
    if (!load(base, texts, characters)) return false;
    Eight eight;
    if (!join<Zeros, true>(characters, eight)) return false;
    // Both are exact, so that the division rounds once.
    const __m512d unit = _mm512_permutex2var_pd(_mm512_loadu_pd(exact_power_of_ten), eight.decimals,
                                                _mm512_loadu_pd(exact_power_of_ten + 8));
    const __m512d value = _mm512_div_pd(_mm512_cvtepu64_pd(eight.digits), unit);
    // 0 - 0 is +0, as -0 is to become.
    const __m512d with_sign = _mm512_mask_sub_pd(value, eight.negative, _mm512_setzero_pd(), value);
    _mm512_storeu_pd(numbers, with_sign);
    return _mm512_cmpgt_epu64_mask(eight.digits, _mm512_set1_epi64(std::int64_t{1} << 53)) == 0;
  }

 private:
  // Of four numbers each, the rows 0, 2, 4, 6 and 1, 3, 5, 7: 16 bytes that end with the number's
  // last, and a bit for each that belongs to it.
  struct Characters {
    __m512i even, odd;
    std::uint64_t even_own, odd_own;
  };
  struct Eight {
    __m512i digits, decimals;
    __mmask8 negative;
  };

  // A bit for the first, and for the last, of 16 bytes.
  static constexpr std::uint64_t firsts = 0x0001'0001'0001'0001U;
  static constexpr std::uint64_t lasts = firsts << 15;

  static bool load(const char* base, const FieldTexts& texts, Characters& characters) noexcept {
    std::uint32_t ends[at_once];
    std::uint32_t lengths[at_once];
    const std::uint32_t* begin = texts.begins;
    const std::uint32_t* end = texts.ends;
    std::uint32_t beyond = *begin + texts.begin_shift < 16 ? 16 : 0;
    for (std::size_t row = 0; row < at_once; ++row) {
      ends[row] = *end + texts.end_shift;
      lengths[row] = ends[row] - (*begin + texts.begin_shift);
      beyond |= lengths[row] - 1;
      begin += texts.stride;
      end += texts.stride;
    }
    // Missing fields are among these: all others are behind the first one.
    if (beyond > 15) [[unlikely]]
      return false;
    const auto four = [&](std::size_t row) __attribute__((always_inline)) {
      const auto sixteen = [&](std::size_t number) __attribute__((always_inline)) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + ends[number] - 16));
      };
      const __m256i low =
          _mm256_inserti128_si256(_mm256_castsi128_si256(sixteen(row)), sixteen(row + 2), 1);
      const __m256i high =
          _mm256_inserti128_si256(_mm256_castsi128_si256(sixteen(row + 4)), sixteen(row + 6), 1);
      return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    };
    const auto own = [&](std::size_t row) __attribute__((always_inline)) {
      const std::uint32_t packed =
          lengths[row] | lengths[row + 2] << 8 | lengths[row + 4] << 16 | lengths[row + 6] << 24;
      // Each number's length in all of its 16 bytes, against what a byte needs to belong to it.
      constexpr std::int64_t next = 0x0101'0101'0101'0101;
      const __m512i number =
          _mm512_set_epi64(3 * next, 3 * next, 2 * next, 2 * next, next, next, 0, 0);
      const __m512i needed = _mm512_broadcast_i32x4(
          _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
      const __m512i spread =
          _mm512_shuffle_epi8(_mm512_set1_epi32(static_cast<int>(packed)), number);
      return _mm512_cmpgt_epu8_mask(spread, needed);
    };
    characters = {four(0), four(1), own(0), own(1)};
    return true;
  }

  // What is special about some characters, a bit each.
  struct Signs {
    std::uint64_t negative;  // minus signs
    std::uint64_t own;       // what belongs to the numbers, without signs
    std::uint64_t first;     // of those
  };

  static Signs find_signs(__m512i text, std::uint64_t own) noexcept {
    const std::uint64_t first = own & ~((own << 1) & ~firsts);
    const std::uint64_t negative = _mm512_mask_cmpeq_epi8_mask(first, text, _mm512_set1_epi8('-'));
    return {negative, own ^ negative, (first ^ negative) | negative << 1};
  }

  // @returns not 0: some number begins with a 0 that belongs to `own` digits behind it.
  template <LeadingZeros Zeros>
  static std::uint64_t misplaced_zeros(__m512i text, const Signs& signs,
                                       std::uint64_t own) noexcept {
    if constexpr (Zeros == LeadingZeros::allowed) return 0;
    const std::uint64_t zeros =
        _mm512_mask_cmpeq_epi8_mask(signs.first, text, _mm512_set1_epi8('0'));
    return (zeros << 1) & ~firsts & own;
  }

  template <LeadingZeros Zeros, bool WithPoints>
  static bool join(Characters& characters, Eight& eight) noexcept {
    const Signs even = find_signs(characters.even, characters.even_own);
    const Signs odd = find_signs(characters.odd, characters.odd_own);
    std::uint64_t refused = (even.negative | odd.negative) & lasts;
    std::uint64_t even_own = even.own;
    std::uint64_t odd_own = odd.own;
    if constexpr (WithPoints) {
      const __m512i point = _mm512_set1_epi8('.');
      const std::uint64_t even_points =
          _mm512_mask_cmpeq_epi8_mask(even.own, characters.even, point);
      const std::uint64_t odd_points = _mm512_mask_cmpeq_epi8_mask(odd.own, characters.odd, point);
      refused |= (even_points & (even.first | lasts)) | (odd_points & (odd.first | lasts));
      refused |= misplaced_zeros<Zeros>(characters.even, even, even.own & ~even_points) |
                 misplaced_zeros<Zeros>(characters.odd, odd, odd.own & ~odd_points);
      // All up to a number's first point.
      const __m128i points = _mm_set_epi64x(static_cast<std::int64_t>(odd_points),
                                            static_cast<std::int64_t>(even_points));
      const __m128i none = _mm_cmpeq_epi16(points, _mm_setzero_si128());
      const __m128i up_to_point =
          _mm_andnot_si128(none, _mm_xor_si128(points, _mm_add_epi16(points, _mm_set1_epi16(-1))));
      const auto even_up_to = static_cast<std::uint64_t>(_mm_cvtsi128_si64(up_to_point));
      const auto odd_up_to = static_cast<std::uint64_t>(_mm_extract_epi64(up_to_point, 1));
      // What is before the point moves over it.
      even_own &= ~(even.first & even_up_to);
      odd_own &= ~(odd.first & odd_up_to);
      characters.even = _mm512_mask_alignr_epi8(characters.even, even_up_to, characters.even,
                                                characters.even, 15);
      characters.odd =
          _mm512_mask_alignr_epi8(characters.odd, odd_up_to, characters.odd, characters.odd, 15);
      // 16 of 16 bits have no point.
      const __m128i behind = _mm_and_si128(
          _mm_sub_epi16(_mm_set1_epi16(16), _mm_popcnt_epi16(up_to_point)), _mm_set1_epi16(15));
      eight.decimals =
          _mm512_cvtepu16_epi64(_mm_unpacklo_epi16(behind, _mm_unpackhi_epi64(behind, behind)));
    } else {
      refused |= misplaced_zeros<Zeros>(characters.even, even, even.own) |
                 misplaced_zeros<Zeros>(characters.odd, odd, odd.own);
    }
    const __m512i zero = _mm512_set1_epi8('0');
    const __m512i nine = _mm512_set1_epi8(9);
    const __m512i even_digits = _mm512_maskz_sub_epi8(even_own, characters.even, zero);
    const __m512i odd_digits = _mm512_maskz_sub_epi8(odd_own, characters.odd, zero);
    refused |= _mm512_cmpgt_epu8_mask(even_digits, nine) | _mm512_cmpgt_epu8_mask(odd_digits, nine);
    eight.digits = join_digits(even_digits, odd_digits);
    const __m128i negative =
        _mm_unpacklo_epi16(_mm_cvtsi64_si128(static_cast<std::int64_t>(even.negative)),
                           _mm_cvtsi64_si128(static_cast<std::int64_t>(odd.negative)));
    eight.negative = _mm_test_epi16_mask(negative, negative);
    return refused == 0;
  }

  // Neighbours are joined, to pairs, to fours, and so on.
  static __m512i join_digits(__m512i even, __m512i odd) noexcept {
    const __m512i tens = _mm512_set1_epi16(0x010A);
    const __m512i hundreds = _mm512_set1_epi32(0x0001'0064);
    const __m512i ten_thousands = _mm512_set1_epi32(0x0001'2710);
    const __m512i fours =
        _mm512_packus_epi32(_mm512_madd_epi16(_mm512_maddubs_epi16(even, tens), hundreds),
                            _mm512_madd_epi16(_mm512_maddubs_epi16(odd, tens), hundreds));
    const __m512i eights = _mm512_madd_epi16(fours, ten_thousands);
    return _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(100'000'000)),
                            _mm512_srli_epi64(eights, 32));
  }

  static void store(__m512i magnitudes, __mmask8 negative, std::int64_t* numbers) noexcept {
    _mm512_storeu_si512(
        numbers, _mm512_mask_sub_epi64(magnitudes, negative, _mm512_setzero_si512(), magnitudes));
  }
};

}  // namespace sluice

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
