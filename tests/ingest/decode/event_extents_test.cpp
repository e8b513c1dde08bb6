#include "ingest/decode/event_extents.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

void expect(const EventExtent& extent, std::uint32_t begin, std::uint32_t length,
            std::uint32_t message) {
  EXPECT_EQ(extent.begin, begin);
  EXPECT_EQ(extent.length, length);
  EXPECT_EQ(extent.message, message);
}

TEST(EventExtents, RowsOfAMessageLieBackToBack) {
  EventExtents extents;
  extents.append({100, 8, 0}, 3);
  extents.push_back({124, 8, 0});
  extents.append({200, 8, 1}, 2);
  extents.push_back({220, 5, 1});

  ASSERT_EQ(extents.size(), 7U);
  expect(extents[0], 100, 8, 0);
  expect(extents[3], 124, 8, 0);
  expect(extents[4], 200, 8, 1);
  expect(extents[5], 208, 8, 1);
  expect(extents[6], 220, 5, 1);
}

TEST(EventExtents, ShrinkingCutsRunsShort) {
  EventExtents extents;
  extents.append({0, 4, 0}, 5);
  extents.append({100, 4, 1}, 5);
  extents.shrink(7);
  expect(extents[6], 104, 4, 1);
  extents.shrink(3);
  extents.push_back({50, 1, 2});
  ASSERT_EQ(extents.size(), 4U);
  expect(extents[2], 8, 4, 0);
  expect(extents[3], 50, 1, 2);
  extents.shrink(0);
  EXPECT_TRUE(extents.empty());
}

}  // namespace
}  // namespace sluice
