#include "kernels/row_layout.hpp"

#include <set>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Kind = AccumulatorKind;

RowLayout lay_out(std::vector<AccumulatorNeed> needs) { return lay_out_row(needs); }

TEST(RowLayout, WithoutNeedsHoldsTheCountOnly) {
  const RowLayout layout = lay_out({});

  EXPECT_EQ(layout.hot_words, 1u);
  EXPECT_EQ(layout.cold_words, 0u);
  EXPECT_EQ(layout.count, 0u);
  EXPECT_TRUE(layout.invertible);
}

TEST(RowLayout, CountSumMinimumMaximumFillOneSector) {
  const RowLayout layout =
      lay_out({{Kind::sum_integer, 0}, {Kind::minimum, 0}, {Kind::maximum, 0}});

  EXPECT_EQ(layout.hot_words, 4u);
  EXPECT_EQ(layout.cold_words, 1u);
  EXPECT_FALSE(layout.invertible);
}

TEST(RowLayout, EqualNeedsShareAnAccumulator) {
  const RowLayout layout =
      lay_out({{Kind::sum_integer, 0}, {Kind::sum_integer, 1}, {Kind::sum_integer, 0}});

  EXPECT_EQ(layout.count, 2u);
  EXPECT_EQ(layout.hot_words, 4u) << "three words, rounded up";
}

TEST(RowLayout, NoTwoAccumulatorsShareAWord) {
  const std::vector<AccumulatorNeed> needs{{Kind::nulls, 0},
                                           {Kind::sum_integer, 0},
                                           {Kind::minimum, 0},
                                           {Kind::sum_squares_integer, 0},
                                           {Kind::nulls, 1},
                                           {Kind::sum_double, 1, true},
                                           {Kind::sum_shifted, 1, true},
                                           {Kind::sum_squares_shifted, 1, true},
                                           {Kind::maximum, 1, true},
                                           {Kind::maximum, 0}};
  const RowLayout layout = lay_out(needs);

  std::set<unsigned> hot{0};
  std::set<unsigned> cold;
  for (const AccumulatorNeed& need : needs) {
    const AccumulatorSpec* const spec = find_accumulator(layout, need);
    ASSERT_NE(spec, nullptr);
    EXPECT_EQ(spec->is_double, need.is_double);
    if (need.kind != Kind::nulls) {
      EXPECT_TRUE(hot.insert(spec->hot).second);
    }
    if (need.kind == Kind::sum_squares_integer) {
      EXPECT_TRUE(hot.insert(spec->hot + 1u).second);
    }
    if (need.kind == Kind::nulls || need.kind == Kind::sum_integer ||
        need.kind == Kind::sum_squares_integer) {
      EXPECT_TRUE(cold.insert(spec->cold).second);
    }
  }
  EXPECT_LT(*hot.rbegin(), layout.hot_words);
  EXPECT_EQ(cold.size(), layout.cold_words);
  EXPECT_EQ(layout.hot_words, 16u);
}

TEST(RowLayout, TheHotStrideIsASectorOrWholeCacheLines) {
  for (std::uint8_t sums = 0; sums < 20; ++sums) {
    std::vector<AccumulatorNeed> needs;
    for (std::uint8_t value = 0; value < sums; ++value) needs.push_back({Kind::sum_double, value});
    const std::uint32_t words = lay_out(needs).hot_words;
    EXPECT_GE(words, sums + 1u);
    EXPECT_TRUE(words == 1 || words == 2 || words == 4 || words % 8 == 0) << words;
  }
}

TEST(RowLayout, OnlyCountsNullsAndIntegerSumsHaveAnInverse) {
  EXPECT_TRUE(lay_out({{Kind::nulls, 0}, {Kind::sum_integer, 0}, {Kind::sum_squares_integer, 0}})
                  .invertible);
  for (const Kind kind : {Kind::minimum, Kind::maximum, Kind::sum_double, Kind::sum_shifted,
                          Kind::sum_squares_shifted}) {
    EXPECT_FALSE(lay_out({{Kind::sum_integer, 0}, {kind, 0}}).invertible);
  }
}

TEST(RowLayout, AnAccumulatorOfAnotherColumnOrTypeIsNotFound) {
  const RowLayout layout = lay_out({{Kind::minimum, 2, true}});

  EXPECT_NE(find_accumulator(layout, {Kind::minimum, 2, true}), nullptr);
  EXPECT_EQ(find_accumulator(layout, {Kind::minimum, 1, true}), nullptr);
  EXPECT_EQ(find_accumulator(layout, {Kind::minimum, 2, false}), nullptr);
  EXPECT_EQ(find_accumulator(layout, {Kind::maximum, 2, true}), nullptr);
}

TEST(RowLayout, MoreAccumulatorsThanARowHoldsAreRefused) {
  std::vector<AccumulatorNeed> needs;
  for (std::uint32_t k = 0; k < max_accumulators; ++k) {
    needs.push_back({k % 2 == 0 ? Kind::minimum : Kind::maximum, static_cast<std::uint8_t>(k / 2)});
  }
  EXPECT_EQ(lay_out(needs).count, max_accumulators);

  needs.push_back({Kind::nulls, 0});

  EXPECT_THROW(lay_out(needs), std::length_error);
}

}  // namespace
}  // namespace sluice
