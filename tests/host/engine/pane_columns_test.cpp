#include "host/engine/pane_columns.hpp"

#include <map>

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace sluice {
namespace {

TEST(PaneColumns, NothingHoldsRowsAtFirst) {
  const PaneColumns panes;
  EXPECT_TRUE(panes.empty());
  EXPECT_EQ(panes[0], no_column);
  EXPECT_EQ(panes.next(-1'000), PaneColumns::none);
}

TEST(PaneColumns, PanesMayComeInAnyOrder) {
  PaneColumns panes;
  panes.add(-3, 7);
  panes.add(70'000, 8);
  panes.add(-60, 9);
  EXPECT_EQ(panes.first(), -60);
  EXPECT_EQ(panes.end(), 70'001);
  EXPECT_EQ(panes[-3], 7u);
  EXPECT_EQ(panes.next(-59), -3);
  EXPECT_EQ(panes.next(-2), 70'000);
  EXPECT_EQ(panes.next(70'001), PaneColumns::none);
  EXPECT_EQ(panes.remove(-60), 9u);
  EXPECT_EQ(panes.first(), -3);
}

TEST(PaneColumns, StartsAnewAnywhereOnceItIsEmpty) {
  PaneColumns panes;
  panes.add(5, 1);
  panes.remove(5);
  panes.add(1'000'000'000'000, 2);
  EXPECT_EQ(panes.first(), 1'000'000'000'000);
  EXPECT_EQ(panes[5], no_column);
}

TEST(PaneColumns, AgreesWithAMapOnRandomStreams) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    oracle::Random random(seed);
    PaneColumns panes;
    std::map<PaneIndex, ColumnIndex> map;
    PaneIndex front = random.between(-1'000, 1'000);
    for (ColumnIndex column = 0; column < 2'000; ++column) {
      front += random.between(0, random.chance(2) ? 500 : 3);
      const PaneIndex pane = front - random.between(0, 40);
      if (!map.contains(pane)) {
        map.emplace(pane, column);
        panes.add(pane, column);
      }
      while (!map.empty() && (map.size() > 50 || random.chance(20))) {
        const auto gone = random.chance(90) ? map.begin() : std::prev(map.end());
        ASSERT_EQ(panes.remove(gone->first), gone->second);
        map.erase(gone);
      }
      const PaneIndex from = front - random.between(-5, 200);
      const auto next = map.lower_bound(from);
      ASSERT_EQ(panes.next(from), next == map.end() ? PaneColumns::none : next->first);
      ASSERT_EQ(panes.size(), map.size());
      ASSERT_EQ(panes[from], map.contains(from) ? map.at(from) : no_column);
    }
  }
}

}  // namespace
}  // namespace sluice
