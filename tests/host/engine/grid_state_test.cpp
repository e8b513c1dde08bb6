#include "host/engine/grid_state.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(GridState, OffersAColumnForEveryPane) {
  ColumnPool columns;
  GridState grid;
  grid.offer(-2, 4, columns);
  EXPECT_EQ(grid.offered, (std::vector<ColumnIndex>{0, 1, 2, 3}));
}

TEST(GridState, KeepsThePanesThatTheBatchOpened) {
  ColumnPool columns;
  GridState grid;
  grid.offer(-2, 4, columns);
  grid.settle(std::vector<ColumnIndex>{1, 3}, columns);
  EXPECT_EQ(grid.panes.size(), 2u);
  EXPECT_EQ(grid.panes[-1], 1u);
  EXPECT_EQ(grid.panes[1], 3u);
  EXPECT_TRUE(grid.offered.empty());
}

TEST(GridState, OffersAPaneThatHoldsRowsAtItsOwnColumn) {
  ColumnPool columns;
  GridState grid;
  grid.offer(10, 3, columns);
  grid.settle(std::vector<ColumnIndex>{1}, columns);
  grid.offer(9, 4, columns);
  EXPECT_EQ(grid.offered[2], 1u);
  grid.settle(std::vector<ColumnIndex>{}, columns);
  EXPECT_EQ(grid.panes.size(), 1u);
  EXPECT_EQ(grid.panes[11], 1u);
}

TEST(GridState, GivesColumnsBackThatNoEventOpened) {
  ColumnPool columns;
  GridState grid;
  for (int batch = 0; batch < 1'000; ++batch) {
    grid.offer(batch, 50, columns);
    grid.settle(std::vector<ColumnIndex>{}, columns);
  }
  EXPECT_LE(columns.take(), 50u);
}

TEST(GridState, NeverOffersOneColumnForTwoPanes) {
  ColumnPool columns;
  GridState grid;
  grid.offer(0, 3, columns);
  grid.settle(std::vector<ColumnIndex>{0, 1, 2}, columns);
  grid.offer(1, 4, columns);
  EXPECT_EQ(grid.offered, (std::vector<ColumnIndex>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace sluice
