#include "kernels/cpu/hot_row.hpp"

#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

TEST(HotRow, IsTheOneThatNeighboursShareAgainAndAgain) {
  std::mt19937 random(81);
  std::vector<std::uint64_t> words(1000);
  std::vector<std::uint64_t*> rows(500);
  for (std::uint64_t*& row : rows) row = words.data() + random() % 1000;
  EXPECT_EQ(find_hot_row(rows.data(), rows.size()), nullptr);

  for (std::uint64_t*& row : rows) {
    if (random() % 2 == 0) row = words.data() + 17;
  }
  EXPECT_EQ(find_hot_row(rows.data(), rows.size()), words.data() + 17);
  EXPECT_EQ(find_hot_row(rows.data(), 1), nullptr);
  EXPECT_EQ(find_hot_row(rows.data(), 0), nullptr);
}

TEST(HotRow, SpreadEventsAddUpToTheSameRow) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0}};
  const RowLayout layout = lay_out_row(needs);
  std::vector<std::uint64_t> words(9 * layout.words());
  const RowGroup copies{words.data(), words.data() + 4 * layout.hot_words, 4};
  const RowRef hot{words.data() + 4 * layout.words(), words.data() + 4 * layout.words() + 4};
  const RowRef other{words.data() + 6 * layout.words(), words.data() + 6 * layout.words() + 4};
  for (std::size_t row = 0; row < 4; ++row) {
    reset_row(layout, {copies.hot + row * 4, copies.cold + row});
  }
  reset_row(layout, hot);
  reset_row(layout, other);
  std::vector<std::uint64_t*> rows{hot.hot,   hot.hot, other.hot, hot.hot, hot.hot,
                                   other.hot, hot.hot, hot.hot,   hot.hot};

  spread_hot_row(layout, hot.hot, copies, rows.data(), rows.size());

  EXPECT_EQ((std::set<std::uint64_t*>(rows.begin(), rows.end()).size()), 5u);
  EXPECT_EQ(rows[2], other.hot);
  EXPECT_EQ(rows[5], other.hot);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    ++rows[k][0];
    rows[k][1] += k;
    rows[k][2] = static_cast<std::uint64_t>(
        std::min(static_cast<std::int64_t>(rows[k][2]), static_cast<std::int64_t>(k)));
  }
  gather_hot_row(layout, hot, copies);
  EXPECT_EQ((std::vector<std::uint64_t>(hot.hot, hot.hot + 3)),
            (std::vector<std::uint64_t>{7, 0 + 1 + 3 + 4 + 6 + 7 + 8, 0}));
  EXPECT_EQ(other.hot[0], 2u);

  gather_hot_row(layout, hot, copies);
  EXPECT_EQ(hot.hot[0], 7u) << "the copies are empty afterwards";
}

}  // namespace
}  // namespace sluice::cpu
