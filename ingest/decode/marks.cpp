#include "ingest/decode/marks.hpp"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {
namespace {

using Bytes = std::array<char, 2>;

using Sight = MarkFinder::Sight;

enum class Set : std::uint8_t { json, csv };

// Of 64 bytes, a bit each.
struct Found {
  std::uint64_t marks = 0;
  std::uint64_t above_ascii = 0;
  std::uint64_t quotes = 0;  // CSV, as what follows
  std::uint64_t carriage_returns = 0;
  std::uint64_t line_ends = 0;
};

// The high bits of all bytes that are 0, unlike bytes_equal's, which only the first one counts of.
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return ~(((word & ~high_bits) + ~high_bits) | word) & high_bits;
}

// A bit for each byte's high bit.
constexpr std::uint64_t gather_high_bits(std::uint64_t passed) noexcept {
  return ((passed >> 7) * 0x0102'0408'1020'4080U) >> 56;
}

// The bits of the first `bytes` bytes.
constexpr std::uint64_t first_bits(std::uint32_t bytes) noexcept {
  return bytes >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bytes) - 1;
}

template <Set Marks>
void note(Found& found, std::uint64_t wanted, Sight& sight) noexcept {
  found.marks &= wanted;
  sight.above_ascii |= found.above_ascii & wanted;
  if constexpr (Marks == Set::csv) {
    const auto count = [wanted](std::uint64_t bits) {
      return static_cast<std::uint64_t>(std::popcount(bits & wanted));
    };
    sight.quotes |= found.quotes & wanted;
    sight.carriage_returns += count(found.carriage_returns);
    sight.line_ends += count(found.line_ends);
  }
}

std::uint32_t* write_places(std::uint64_t marks, std::uint32_t begin,
                            std::uint32_t* places) noexcept {
  std::uint32_t* const behind = places + std::popcount(marks);
  // Eight at a time, whether there are that many or not: the count is hard to predict.
  while (marks != 0) {
    for (unsigned place = 0; place < 8; ++place) {
      places[place] = begin + static_cast<std::uint32_t>(std::countr_zero(marks));
      marks &= marks - 1;
    }
    places += 8;
  }
  return behind;
}

template <Set Marks>
Found look_plain(const char* text, const Bytes& bytes) noexcept {
  Found found;
  for (unsigned number = 0; number < 8; ++number) {
    const std::uint64_t word = load_eight(text + 8 * number);
    const auto equal = [word](char byte) {
      return zero_bytes(word ^ every_byte * static_cast<unsigned char>(byte));
    };
    const auto bits = [number](std::uint64_t passed) {
      return gather_high_bits(passed) << (8 * number);
    };
    if constexpr (Marks == Set::json) {
      found.marks |= bits(equal('"') | equal('\\') | zero_bytes(word & every_byte * 0xE0));
    } else {
      found.quotes |= bits(equal(bytes[1]));
      found.carriage_returns |= bits(equal('\r'));
      found.line_ends |= bits(equal('\n'));
      found.marks |=
          found.quotes | found.carriage_returns | found.line_ends | bits(equal(bytes[0]));
    }
    found.above_ascii |= bits(word & high_bits);
  }
  return found;
}

template <Set Marks>
std::uint32_t* find_with_plain(const Bytes& bytes, const char* base, std::uint32_t begin,
                               std::uint32_t end, std::uint32_t* places, Sight& total) noexcept {
  Sight sight = total;
  for (; begin < end; begin += 64) {
    Found found = look_plain<Marks>(base + begin, bytes);
    note<Marks>(found, first_bits(end - begin), sight);
    places = write_places(found.marks, begin, places);
  }
  total = sight;
  return places;
}

using Find = decltype(&find_with_plain<Set::json>);

template <Find FindOne>
void find_rows_with(const Bytes& bytes, const char* base, std::span<const Message> rows,
                    std::uint32_t** first_marks, std::uint32_t* places, Sight& sight) noexcept {
  for (const Message& row : rows) {
    const std::uint32_t end = row.begin + row.length;
    *places++ = row.begin - 1;
    *first_marks++ = places;
    places = FindOne(bytes, base, row.begin, end, places, sight);
    *places++ = end;
  }
  *first_marks = places + 1;
}

#if defined(__x86_64__)

template <Set Marks>
[[gnu::target("avx2,bmi,popcnt")]] Found look_with_avx2(const char* text,
                                                        const Bytes& bytes) noexcept {
  Found found;
  for (unsigned half = 0; half < 2; ++half) {
    const __m256i characters =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32 * half));
    const auto bits = [half](__m256i passed) __attribute__((target("avx2"))) {
      return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(passed))} << (32 * half);
    };
    const auto equal = [characters](char byte) __attribute__((target("avx2"))) {
      return _mm256_cmpeq_epi8(characters, _mm256_set1_epi8(byte));
    };
    if constexpr (Marks == Set::json) {
      const __m256i controls =
          _mm256_cmpeq_epi8(_mm256_min_epu8(characters, _mm256_set1_epi8(0x1F)), characters);
      found.marks |= bits(_mm256_or_si256(_mm256_or_si256(equal('"'), equal('\\')), controls));
    } else {
      found.quotes |= bits(equal(bytes[1]));
      found.carriage_returns |= bits(equal('\r'));
      found.line_ends |= bits(equal('\n'));
      found.marks |=
          found.quotes | found.carriage_returns | found.line_ends | bits(equal(bytes[0]));
    }
    found.above_ascii |= bits(characters);
  }
  return found;
}

template <Set Marks>
[[gnu::target("avx2,bmi,popcnt")]] std::uint32_t* find_with_avx2(
    const Bytes& bytes, const char* base, std::uint32_t begin, std::uint32_t end,
    std::uint32_t* places, Sight& total) noexcept {
  Sight sight = total;
  for (; begin < end; begin += 64) {
    Found found = look_with_avx2<Marks>(base + begin, bytes);
    note<Marks>(found, first_bits(end - begin), sight);
    places = write_places(found.marks, begin, places);
  }
  total = sight;
  return places;
}

// g++ 12 takes the undefined lanes in its own headers for uninitialised (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

// What the loop over 64 bytes at a time keeps in registers.
struct Wide {
  __m512i numbers;  // 0, 1, 2...
  __m512i quote;
  __m512i separator;
  __m512i above_ascii;  // all of the text, or-ed
};

template <Set Marks>
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline Wide begin_wide(
    const Bytes& bytes) noexcept {
  alignas(64) static constexpr auto numbers = [] {
    std::array<std::uint8_t, 64> all{};
    for (std::uint8_t i = 0; i < 64; ++i) all[i] = i;
    return all;
  }();
  return {_mm512_load_si512(numbers.data()), _mm512_set1_epi8(Marks == Set::json ? '"' : bytes[1]),
          _mm512_set1_epi8(Marks == Set::json ? '\\' : bytes[0]), _mm512_setzero_si512()};
}

// @param wanted of the 64 bytes from base + begin on.
template <Set Marks>
[[gnu::target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt"),
  gnu::always_inline]] inline std::uint32_t*
look_wide(Wide& wide, const char* base, std::uint32_t begin, __mmask64 wanted,
          std::uint32_t* places, Sight& sight) noexcept {
  const __m512i text = _mm512_maskz_loadu_epi8(wanted, base + begin);
  wide.above_ascii = _mm512_or_si512(wide.above_ascii, text);
  const __mmask64 quotes = _mm512_mask_cmpeq_epi8_mask(wanted, text, wide.quote);
  const __mmask64 separators = _mm512_mask_cmpeq_epi8_mask(wanted, text, wide.separator);
  __mmask64 marks = _kor_mask64(quotes, separators);
  if constexpr (Marks == Set::json) {
    marks = _kor_mask64(marks, _mm512_mask_cmplt_epu8_mask(wanted, text, _mm512_set1_epi8(' ')));
  } else {
    const __mmask64 returns = _mm512_mask_cmpeq_epi8_mask(wanted, text, _mm512_set1_epi8('\r'));
    const __mmask64 line_ends = _mm512_mask_cmpeq_epi8_mask(wanted, text, _mm512_set1_epi8('\n'));
    marks = _kor_mask64(marks, _kor_mask64(returns, line_ends));
    sight.quotes |= quotes;
    sight.carriage_returns += static_cast<std::uint64_t>(std::popcount(returns));
    sight.line_ends += static_cast<std::uint64_t>(std::popcount(line_ends));
  }
  __m512i packed = _mm512_maskz_compress_epi8(marks, wide.numbers);
  const __m512i from = _mm512_set1_epi32(static_cast<int>(begin));
  const auto write_sixteen = [&](std::uint32_t * to)
      __attribute__((target("avx512f"), always_inline)) {
    _mm512_storeu_si512(
        to, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed)), from));
  };
  const auto count = static_cast<unsigned>(std::popcount(marks));
  write_sixteen(places);
  for (unsigned written = 16; written < count; written += 16) {
    packed = _mm512_alignr_epi32(packed, packed, 4);
    write_sixteen(places + written);
  }
  return places + count;
}

template <Set Marks>
[[gnu::target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt"),
  gnu::always_inline]] inline std::uint32_t*
find_wide(Wide& wide, const char* base, std::uint32_t begin, std::uint32_t end,
          std::uint32_t* places, Sight& sight) noexcept {
  for (; begin + 64 <= end; begin += 64) {
    __builtin_prefetch(base + begin + 2048);
    places = look_wide<Marks>(wide, base, begin, ~std::uint64_t{0}, places, sight);
  }
  if (begin == end) return places;
  const std::uint64_t wanted = _bzhi_u64(~std::uint64_t{0}, end - begin);
  return look_wide<Marks>(wide, base, begin, wanted, places, sight);
}

template <Set Marks>
[[gnu::target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt")]] std::uint32_t* find_with_avx512(
    const Bytes& bytes, const char* base, std::uint32_t begin, std::uint32_t end,
    std::uint32_t* places, Sight& total) noexcept {
  Wide wide = begin_wide<Marks>(bytes);
  Sight sight = total;
  places = find_wide<Marks>(wide, base, begin, end, places, sight);
  sight.above_ascii |= _mm512_movepi8_mask(wide.above_ascii);
  total = sight;
  return places;
}

template <Set Marks>
[[gnu::target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt")]] void find_rows_with_avx512(
    const Bytes& bytes, const char* base, std::span<const Message> rows,
    std::uint32_t** first_marks, std::uint32_t* places, Sight& total) noexcept {
  Wide wide = begin_wide<Marks>(bytes);
  Sight sight = total;
  for (const Message& row : rows) {
    const std::uint32_t end = row.begin + row.length;
    *places++ = row.begin - 1;
    *first_marks++ = places;
    places = find_wide<Marks>(wide, base, row.begin, end, places, sight);
    *places++ = end;
  }
  *first_marks = places + 1;
  sight.above_ascii |= _mm512_movepi8_mask(wide.above_ascii);
  total = sight;
}

#pragma GCC diagnostic pop

#endif

template <Set Marks>
auto find_for(MarkFinder::Instructions instructions) noexcept -> decltype(&find_with_plain<Marks>) {
#if defined(__x86_64__)
  if (instructions == MarkFinder::Instructions::avx512) return find_with_avx512<Marks>;
  if (instructions == MarkFinder::Instructions::avx2) return find_with_avx2<Marks>;
#endif
  static_cast<void>(instructions);
  return find_with_plain<Marks>;
}

template <Set Marks>
auto find_rows_for(MarkFinder::Instructions instructions) noexcept
    -> decltype(&find_rows_with<find_with_plain<Marks>>) {
#if defined(__x86_64__)
  if (instructions == MarkFinder::Instructions::avx512) return find_rows_with_avx512<Marks>;
  if (instructions == MarkFinder::Instructions::avx2) return find_rows_with<find_with_avx2<Marks>>;
#endif
  static_cast<void>(instructions);
  return find_rows_with<find_with_plain<Marks>>;
}

}  // namespace

MarkFinder::Instructions MarkFinder::best_instructions() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw")) {
    return Instructions::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return Instructions::avx2;
#endif
  return Instructions::plain;
}

MarkFinder MarkFinder::of_json(Instructions instructions) noexcept {
  return {{}, find_for<Set::json>(instructions), find_rows_for<Set::json>(instructions)};
}

MarkFinder MarkFinder::of_csv(char delimiter, char quote, Instructions instructions) noexcept {
  return {
      {delimiter, quote}, find_for<Set::csv>(instructions), find_rows_for<Set::csv>(instructions)};
}

}  // namespace sluice
