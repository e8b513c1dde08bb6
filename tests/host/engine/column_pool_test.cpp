#include "host/engine/column_pool.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace sluice {
namespace {

TEST(ColumnPool, HandsOutTheSmallestFreeColumn) {
  ColumnPool pool;
  for (ColumnIndex column = 0; column < 200; ++column) EXPECT_EQ(pool.take(), column);
  for (const ColumnIndex column : {150u, 3u, 64u, 63u}) pool.give_back(column);
  for (const ColumnIndex column : {3u, 63u, 64u, 150u, 200u}) EXPECT_EQ(pool.take(), column);
}

TEST(ColumnPool, NeverHandsOutAColumnTwice) {
  oracle::Random random(3);
  ColumnPool pool;
  std::set<ColumnIndex> taken;
  for (int i = 0; i < 20'000; ++i) {
    if (taken.empty() || random.chance(52)) {
      const ColumnIndex column = pool.take();
      ColumnIndex smallest = 0;
      for (const ColumnIndex other : taken) smallest += other == smallest ? 1 : 0;
      ASSERT_EQ(column, smallest) << "seed 3";
      taken.insert(column);
    } else {
      const auto it =
          std::next(taken.begin(), static_cast<std::ptrdiff_t>(random.below(taken.size())));
      pool.give_back(*it);
      taken.erase(it);
    }
  }
}

}  // namespace
}  // namespace sluice
