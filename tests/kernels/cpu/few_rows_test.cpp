#include "kernels/cpu/few_rows.hpp"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"
#include "tests/kernels/cpu/instruction_sets.hpp"

namespace sluice::cpu {
namespace {

using Kind = AccumulatorKind;

RowLayout lay_out(const std::vector<AccumulatorNeed>& needs) { return lay_out_row(needs); }

const AccumulatorNeed sum{Kind::sum_integer, 0};
const AccumulatorNeed least{Kind::minimum, 0};
const AccumulatorNeed greatest{Kind::maximum, 0};
const AccumulatorNeed nulls{Kind::nulls, 0};

std::vector<RowLayout> layouts() {
  return {lay_out({sum}),
          lay_out({nulls, sum}),
          lay_out({least}),
          lay_out({greatest}),
          lay_out({sum, least}),
          lay_out({sum, least, greatest}),
          lay_out({greatest, least, sum})};
}

std::vector<Instructions> vector_sets() {
  std::vector<Instructions> sets = instruction_sets();
  sets.erase(sets.begin());
  return sets;
}

/// The rows of some chunks.
class Rows {
 public:
  Rows(const RowLayout& layout, std::size_t chunk_rows, std::size_t chunks)
      : layout_(layout), chunk_rows_(chunk_rows) {
    words_.resize(chunks * chunk_rows * layout.words());
    for (std::size_t r = 0; r < chunks * chunk_rows; ++r) reset_row(layout_, row(r));
  }
  std::vector<RowGroup> chunks() {
    std::vector<RowGroup> all;
    for (std::size_t at = 0; at < words_.size(); at += chunk_rows_ * layout_.words()) {
      std::uint64_t* const hot = words_.data() + at;
      all.push_back({hot, hot + chunk_rows_ * layout_.hot_words, chunk_rows_});
    }
    return all;
  }
  RowRef row(std::size_t r) {
    const RowGroup chunk = chunks()[r / chunk_rows_];
    return {chunk.hot + r % chunk_rows_ * layout_.hot_words,
            chunk.cold + r % chunk_rows_ * layout_.cold_words};
  }
  friend bool operator==(const Rows& a, const Rows& b) { return a.words_ == b.words_; }

 private:
  RowLayout layout_;
  std::size_t chunk_rows_;
  std::vector<std::uint64_t> words_;
};

TEST(FewRows, MeanWhatLiftingOneEventMeans) {
  std::mt19937_64 random(51);
  for (const RowLayout& layout : layouts()) {
    for (const Instructions set : vector_sets()) {
      const RowLanes lanes = lanes_of(layout);
      ASSERT_NE(lanes.lanes, 0u);
      FewRows few(layout, lanes, set);
      for (const std::size_t slots : {4u, 100u, 500u}) {
        SCOPED_TRACE(std::to_string(layout.hot_words) + " words, " + std::to_string(slots) +
                     " slots, seed 51");
        ASSERT_TRUE(few.fit(slots));
        Rows expected(layout, 128, 4);
        Rows rows(layout, 128, 4);
        for (const std::size_t size : {1u, 3u, 4u, 2047u}) {
          std::vector<KeySlot> numbers(size);
          std::vector<std::uint32_t> keys(size);
          std::vector<std::uint32_t> direct(slots + 1);
          for (std::size_t slot = 0; slot < slots; ++slot) {
            direct[slot] = static_cast<std::uint32_t>(slot + 1);
          }
          std::vector<std::int64_t> values(size);
          std::size_t missing = 0;
          EventColumns events;
          events.size = size;
          events.value_count = 1;
          events.values[0].bits = values.data();
          for (std::size_t k = 0; k < size; ++k) {
            keys[k] = static_cast<std::uint32_t>(random() % (slots + 1));
            numbers[k] = keys[k] == slots ? no_slot : keys[k];
            values[k] = static_cast<std::int32_t>(random());
            if (numbers[k] == no_slot) {
              ++missing;
            } else {
              for (int times = 0; times < 3; ++times) {
                lift_event<PlainWords>(layout, expected.row(numbers[k]), events, nullptr, k);
              }
            }
          }
          ASSERT_TRUE(few.has_room(size, 32));
          const std::vector<std::int32_t> narrow(values.begin(), values.end());
          const NumbersOfKeys by_key{direct.data(), keys.data()};
          EXPECT_EQ(few.lift(NumbersOfSlots{numbers.data()}, values.data(), size, 32), missing);
          const std::vector<std::uint64_t> wide_keys(keys.begin(), keys.end());
          const NumbersOfKeys by_wide_key{direct.data(), wide_keys.data()};
          EXPECT_EQ(few.lift(by_wide_key, values.data(), size, 32), missing);
          EXPECT_EQ(few.lift(by_key, narrow.data(), size, 32), missing);
        }
        EXPECT_FALSE(few.is_empty());
        few.empty_into(rows.chunks());
        EXPECT_TRUE(few.is_empty());
        EXPECT_TRUE(rows == expected);

        few.empty_into(rows.chunks());
        EXPECT_TRUE(rows == expected) << "nothing is added twice";
      }
    }
  }
}

TEST(FewRows, HaveNoRoomForSumsThatCouldOverflow) {
  const RowLayout layout = lay_out({sum});
  FewRows few(layout, lanes_of(layout), best_instructions());
  ASSERT_TRUE(few.fit(10));

  EXPECT_TRUE(few.has_room(2048, 32));
  EXPECT_FALSE(few.has_room(2048, 63));
  EXPECT_FALSE(few.has_room(1, 64));

  if (best_instructions() == Instructions::plain) return;
  const std::vector<KeySlot> slots(1024, 3);
  const std::vector<std::int64_t> values(1024, (std::int64_t{1} << 48) - 1);
  int lifted = 0;
  while (few.has_room(1024, 48)) {
    few.lift(NumbersOfSlots{slots.data()}, values.data(), 1024, 48);
    ++lifted;
  }
  Rows rows(layout, 16, 1);
  few.empty_into(rows.chunks());
  EXPECT_EQ(static_cast<std::int64_t>(rows.row(3).hot[1]), lifted * 1024 * values[0]);
  EXPECT_EQ(rows.row(3).cold[0], 0u);
  EXPECT_TRUE(few.has_room(1024, 48));
}

TEST(FewRows, FitOnlyFewSlots) {
  const RowLayout layout = lay_out({sum, least, greatest});
  FewRows few(layout, lanes_of(layout), best_instructions());

  EXPECT_TRUE(few.fit(1));
  EXPECT_TRUE(few.fit(511));
  EXPECT_FALSE(few.fit(512));
  EXPECT_FALSE(few.fit(1'000'000));
}

TEST(MagnitudeBits, BoundEveryValue) {
  const std::int64_t least_value = std::numeric_limits<std::int64_t>::min();
  for (const Instructions set : instruction_sets()) {
    for (const std::int64_t value :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{255}, std::int64_t{-256},
          ~least_value, least_value}) {
      std::vector<std::int64_t> values(37);
      values[20] = value;
      const unsigned bits = magnitude_bits(set, values.data(), values.size());
      const auto magnitude = static_cast<unsigned __int128>(value < 0 ? -__int128{value} : value);
      EXPECT_LE(magnitude, static_cast<unsigned __int128>(1) << bits) << value;
      EXPECT_LE(bits, 64u);
    }
  }
}

}  // namespace
}  // namespace sluice::cpu
