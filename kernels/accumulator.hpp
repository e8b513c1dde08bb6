#pragma once

#include <cstdint>
#include <limits>

#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// What one accumulator of a row keeps.
enum class AccumulatorKind : std::uint8_t {
  nulls,                ///< events whose value is null. 1 cold word
  sum_integer,          ///< exact sum. 1 hot word (wrapped), 1 cold word (signed overflows)
  sum_squares_integer,  ///< exact sum of squares, 192 bits. 2 hot words, 1 cold word
  sum_double,           ///< sum. 1 hot word
  sum_shifted,          ///< sum of (value - shift), for the variance of doubles. 1 hot word
  sum_squares_shifted,  ///< sum of (value - shift)^2. 1 hot word
  minimum,              ///< smallest ordered image (see ordered_image). 1 hot word
  maximum,              ///< largest ordered image. 1 hot word
};

/// One accumulator of a row. Word numbers count from the start of the hot or the cold part.
struct AccumulatorSpec {
  AccumulatorKind kind = AccumulatorKind::nulls;
  std::uint8_t value = 0;  ///< value column
  bool is_double = false;  ///< the column holds doubles; else int64 or scaled decimals
  std::uint16_t hot = 0;   ///< first hot word, where the kind has one
  std::uint16_t cold = 0;  ///< first cold word, where the kind has one
};

/// The layout of a row: a key slot's accumulators in one pane. Data, built from the configuration
/// (see lay_out_row); trivially copyable, handed to kernels by value or pointer.
///
/// A row has a hot part, touched by every event, and a cold part that hardly ever changes
/// (overflows of sums, nulls). Hot word 0 counts the events; a row with count 0 is empty. The hot
/// stride is 8, 16, 32 or a multiple of 64 bytes, so that a small row lies in one 32-byte sector.
struct RowLayout {
  std::uint32_t hot_words = 1;
  std::uint32_t cold_words = 0;
  std::uint32_t count = 0;
  bool invertible = true;  ///< every accumulator has an inverse: no minimum, maximum or double sum
  AccumulatorSpec accumulators[max_accumulators];

  SLUICE_HD constexpr std::uint32_t words() const noexcept { return hot_words + cold_words; }
};

/// A row in place: the two parts lie apart.
struct RowRef {
  std::uint64_t* hot = nullptr;
  std::uint64_t* cold = nullptr;
};

inline constexpr std::int64_t minimum_identity = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t maximum_identity = std::numeric_limits<std::int64_t>::min();

/// Maps the bits of a double onto an integer of the same order, so that minimum and maximum are
/// integer operations for every type, and order-free. Its own inverse.
SLUICE_HD constexpr std::int64_t ordered_image(std::int64_t double_bits) noexcept {
  return double_bits ^
         static_cast<std::int64_t>(static_cast<std::uint64_t>(double_bits >> 63) >> 1);
}

/// The value of a row's hot word that no event has touched.
SLUICE_HD constexpr std::uint64_t identity_word(const AccumulatorSpec& spec) noexcept {
  return spec.kind == AccumulatorKind::minimum   ? static_cast<std::uint64_t>(minimum_identity)
         : spec.kind == AccumulatorKind::maximum ? static_cast<std::uint64_t>(maximum_identity)
                                                 : 0u;
}

/// Sum and the signed overflow it made: exact = sum + overflow * 2^64.
struct WrappedSum {
  std::int64_t sum;
  std::int64_t overflow;  ///< -1, 0 or 1
};

SLUICE_HD constexpr WrappedSum wrapping_add(std::int64_t a, std::int64_t b) noexcept {
  const auto sum =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  const bool overflowed = ((a ^ sum) & (b ^ sum)) < 0;
  return {sum, !overflowed ? 0 : (a < 0 ? -1 : 1)};
}

SLUICE_HD constexpr WrappedSum wrapping_subtract(std::int64_t a, std::int64_t b) noexcept {
  const auto difference =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  const bool overflowed = ((a ^ b) & (a ^ difference)) < 0;
  return {difference, !overflowed ? 0 : (a < 0 ? -1 : 1)};
}

static_assert(wrapping_add(minimum_identity, 1).overflow == 1);
static_assert(wrapping_add(maximum_identity, -1).overflow == -1);
static_assert(wrapping_add(-1, 1).overflow == 0);
static_assert(wrapping_subtract(maximum_identity, 1).overflow == -1);
static_assert(ordered_image(ordered_image(-42)) == -42);

}  // namespace sluice
