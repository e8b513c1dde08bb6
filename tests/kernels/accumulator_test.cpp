#include "kernels/accumulator.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"

namespace sluice {
namespace {

using Kind = AccumulatorKind;
using Wide = __int128;
using UnsignedWide = unsigned __int128;

/// 192 bits: a sum of squares.
struct Squares {
  UnsignedWide low = 0;
  std::uint64_t high = 0;
  void add(std::int64_t value) {
    const auto magnitude = static_cast<UnsignedWide>(value < 0 ? -static_cast<Wide>(value) : value);
    const UnsignedWide squared = magnitude * magnitude;
    low += squared;
    high += low < squared ? 1 : 0;
  }
};

/// A row that owns its words.
class OwnedRow {
 public:
  explicit OwnedRow(const RowLayout& layout)
      : layout_(&layout), hot_(layout.hot_words), cold_(layout.cold_words) {
    reset_row(layout, ref());
  }
  RowRef ref() const { return {hot_.data(), cold_.data()}; }

  void lift(const std::vector<std::int64_t>& values) {
    EventColumns events;
    events.size = values.size();
    events.value_count = 1;
    events.values[0].bits = values.data();
    const double shifts[max_values] = {};
    for (std::size_t i = 0; i < values.size(); ++i) {
      lift_event<PlainWords>(*layout_, ref(), events, shifts, i);
    }
  }
  OwnedRow plus(const OwnedRow& other) const {
    OwnedRow sum = *this;
    combine_row<PlainWords>(*layout_, sum.ref(), other.ref());
    return sum;
  }
  OwnedRow minus(const OwnedRow& other) const {
    OwnedRow difference = *this;
    remove_row(*layout_, difference.ref(), other.ref());
    return difference;
  }
  std::uint64_t hot(Kind kind) const { return hot_[find(kind).hot]; }
  Wide sum() const {
    const AccumulatorSpec& spec = find(Kind::sum_integer);
    return static_cast<std::int64_t>(hot_[spec.hot]) +
           static_cast<Wide>(static_cast<std::int64_t>(cold_[spec.cold])) * (Wide{1} << 64);
  }
  Squares squares() const {
    const AccumulatorSpec& spec = find(Kind::sum_squares_integer);
    return {hot_[spec.hot] | static_cast<UnsignedWide>(hot_[spec.hot + 1u]) << 64,
            cold_[spec.cold]};
  }
  friend bool operator==(const OwnedRow& a, const OwnedRow& b) {
    return a.hot_ == b.hot_ && a.cold_ == b.cold_;
  }

 private:
  const AccumulatorSpec& find(Kind kind) const { return *find_accumulator(*layout_, {kind, 0}); }

  const RowLayout* layout_;
  mutable std::vector<std::uint64_t> hot_;
  mutable std::vector<std::uint64_t> cold_;
};

RowLayout integers() {
  const AccumulatorNeed needs[] = {{Kind::nulls, 0},
                                   {Kind::sum_integer, 0},
                                   {Kind::sum_squares_integer, 0},
                                   {Kind::minimum, 0},
                                   {Kind::maximum, 0}};
  return lay_out_row(needs);
}

RowLayout invertible_integers() {
  const AccumulatorNeed needs[] = {
      {Kind::nulls, 0}, {Kind::sum_integer, 0}, {Kind::sum_squares_integer, 0}};
  return lay_out_row(needs);
}

/// Values of every magnitude, the extremes among them.
std::vector<std::int64_t> values(std::mt19937_64& random, std::size_t size) {
  std::vector<std::int64_t> made;
  for (std::size_t i = 0; i < size; ++i) {
    switch (random() % 5) {
      case 0:
        made.push_back(std::numeric_limits<std::int64_t>::max());
        break;
      case 1:
        made.push_back(std::numeric_limits<std::int64_t>::min());
        break;
      default:
        made.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
    }
  }
  return made;
}

OwnedRow row_of(const RowLayout& layout, const std::vector<std::int64_t>& lifted) {
  OwnedRow row(layout);
  row.lift(lifted);
  return row;
}

TEST(Algebra, TheIdentityChangesNothing) {
  const RowLayout layout = integers();
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const OwnedRow row = row_of(layout, values(random, random() % 20));
    ASSERT_TRUE(row.plus(OwnedRow(layout)) == row) << "seed 1, round " << round;
    ASSERT_TRUE(OwnedRow(layout).plus(row) == row) << "seed 1, round " << round;
  }
}

TEST(Algebra, CombiningIsAssociativeAndCommutative) {
  const RowLayout layout = integers();
  std::mt19937_64 random(2);
  for (int round = 0; round < 500; ++round) {
    const OwnedRow a = row_of(layout, values(random, random() % 20));
    const OwnedRow b = row_of(layout, values(random, random() % 20));
    const OwnedRow c = row_of(layout, values(random, random() % 20));
    ASSERT_TRUE(a.plus(b) == b.plus(a)) << "seed 2, round " << round;
    ASSERT_TRUE(a.plus(b).plus(c) == a.plus(b.plus(c))) << "seed 2, round " << round;
  }
}

TEST(Algebra, AnySplitEqualsTheWhole) {
  const RowLayout layout = integers();
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    const std::vector<std::int64_t> all = values(random, 1 + random() % 50);
    const auto cut = all.begin() + static_cast<std::ptrdiff_t>(random() % (all.size() + 1));

    const OwnedRow whole = row_of(layout, all);
    const OwnedRow parts =
        row_of(layout, {all.begin(), cut}).plus(row_of(layout, {cut, all.end()}));

    ASSERT_TRUE(whole == parts) << "seed 3, round " << round;
  }
}

TEST(Algebra, RemovingUndoesCombining) {
  const RowLayout layout = invertible_integers();
  ASSERT_TRUE(layout.invertible);
  std::mt19937_64 random(4);
  for (int round = 0; round < 500; ++round) {
    const OwnedRow a = row_of(layout, values(random, random() % 30));
    const OwnedRow b = row_of(layout, values(random, random() % 30));
    ASSERT_TRUE(a.plus(b).minus(b) == a) << "seed 4, round " << round;
    ASSERT_TRUE(a.plus(b).minus(a) == b) << "seed 4, round " << round;
  }
}

TEST(Algebra, SumsAreExact) {
  const RowLayout layout = integers();
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    const std::vector<std::int64_t> lifted = values(random, random() % 200);
    Wide sum = 0;
    Squares squares;
    for (const std::int64_t value : lifted) {
      sum += value;
      squares.add(value);
    }
    const OwnedRow row = row_of(layout, lifted);
    ASSERT_TRUE(row.sum() == sum) << "seed 5, round " << round;
    ASSERT_TRUE(row.squares().low == squares.low) << "seed 5, round " << round;
    ASSERT_EQ(row.squares().high, squares.high) << "seed 5, round " << round;
  }
}

TEST(Algebra, SquaresCarryBeyond128Bits) {
  const RowLayout layout = integers();
  const std::vector<std::int64_t> smallest(1000, std::numeric_limits<std::int64_t>::min());

  const Squares squares = row_of(layout, smallest).squares();

  EXPECT_EQ(squares.high, 250u) << "1000 * 2^126 = 250 * 2^128";
  EXPECT_TRUE(squares.low == 0);
}

TEST(Algebra, MinimumAndMaximumAreThoseOfTheValues) {
  const RowLayout layout = integers();
  std::mt19937_64 random(6);
  for (int round = 0; round < 200; ++round) {
    const std::vector<std::int64_t> lifted = values(random, 1 + random() % 20);
    const OwnedRow row = row_of(layout, lifted);
    ASSERT_EQ(static_cast<std::int64_t>(row.hot(Kind::minimum)),
              *std::min_element(lifted.begin(), lifted.end()));
    ASSERT_EQ(static_cast<std::int64_t>(row.hot(Kind::maximum)),
              *std::max_element(lifted.begin(), lifted.end()));
  }
}

TEST(WrappingAdd, AgreesWithWiderArithmetic) {
  std::mt19937_64 random(7);
  const std::vector<std::int64_t> numbers = values(random, 300);
  for (const std::int64_t a : numbers) {
    for (const std::int64_t b : numbers) {
      const WrappedSum sum = wrapping_add(a, b);
      const WrappedSum difference = wrapping_subtract(a, b);
      ASSERT_TRUE(sum.sum + static_cast<Wide>(sum.overflow) * (Wide{1} << 64) ==
                  static_cast<Wide>(a) + b);
      ASSERT_TRUE(difference.sum + static_cast<Wide>(difference.overflow) * (Wide{1} << 64) ==
                  static_cast<Wide>(a) - b);
    }
  }
}

TEST(Square, AgreesWithWiderArithmetic) {
  std::mt19937_64 random(8);
  for (const std::int64_t value : values(random, 2000)) {
    Squares expected;
    expected.add(value);
    const Square found = square(value);
    ASSERT_TRUE((found.low | static_cast<UnsignedWide>(found.high) << 64) == expected.low) << value;
  }
}

TEST(OrderedImage, KeepsTheOrderOfDoublesAndIsItsOwnInverse) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> ordered{-infinity, -1e300, -2.5,  -1e-310, 0.0,
                                    5e-324,    1.0,    1e300, infinity};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    const auto bits = std::bit_cast<std::int64_t>(ordered[i]);
    EXPECT_EQ(ordered_image(ordered_image(bits)), bits);
    if (i == 0) continue;
    EXPECT_LT(ordered_image(std::bit_cast<std::int64_t>(ordered[i - 1])), ordered_image(bits));
  }
}

TEST(LiftEvent, ANullIsCountedAndOtherwiseLeftOut) {
  const RowLayout layout = integers();
  OwnedRow row(layout);
  const std::int64_t bits[] = {5, 99, 7};
  const std::uint8_t valid[] = {1, 0, 1};
  EventColumns events;
  events.size = 3;
  events.value_count = 1;
  events.values[0] = {bits, valid};
  const double shifts[max_values] = {};

  for (std::size_t i = 0; i < 3; ++i) lift_event<PlainWords>(layout, row.ref(), events, shifts, i);

  EXPECT_EQ(row.ref().hot[0], 3u);
  EXPECT_EQ(row.ref().cold[find_accumulator(layout, {Kind::nulls, 0})->cold], 1u);
  EXPECT_TRUE(row.sum() == 12);
  EXPECT_EQ(row.hot(Kind::maximum), 7u);
}

TEST(LiftEvent, DoublesAreShiftedBeforeTheyAreSquared) {
  const AccumulatorNeed needs[] = {{Kind::sum_double, 0, true},
                                   {Kind::sum_shifted, 0, true},
                                   {Kind::sum_squares_shifted, 0, true},
                                   {Kind::minimum, 0, true}};
  const RowLayout layout = lay_out_row(needs);
  OwnedRow row(layout);
  const std::int64_t bits[] = {std::bit_cast<std::int64_t>(10.5),
                               std::bit_cast<std::int64_t>(-2.0)};
  EventColumns events;
  events.size = 2;
  events.value_count = 1;
  events.values[0].bits = bits;
  const double shifts[max_values] = {8.5};

  for (std::size_t i = 0; i < 2; ++i) lift_event<PlainWords>(layout, row.ref(), events, shifts, i);

  const auto word = [&](Kind kind) {
    return row.ref().hot[find_accumulator(layout, {kind, 0, true})->hot];
  };
  EXPECT_EQ(std::bit_cast<double>(word(Kind::sum_double)), 8.5);
  EXPECT_EQ(std::bit_cast<double>(word(Kind::sum_shifted)), 2.0 - 10.5);
  EXPECT_EQ(std::bit_cast<double>(word(Kind::sum_squares_shifted)), 4.0 + 110.25);
  EXPECT_EQ(ordered_image(static_cast<std::int64_t>(word(Kind::minimum))), bits[1]);
}

}  // namespace
}  // namespace sluice
