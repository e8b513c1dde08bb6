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

TEST(EventExtents, KeepsChosenRowsOfARun) {
  EventExtents extents;
  extents.append({0, 4, 0}, 5);
  extents.append({100, 4, 1}, 3);
  const std::uint8_t keeps[] = {1, 0, 1, 1, 0, 0, 0, 1};
  extents.keep(keeps);
  ASSERT_EQ(extents.size(), 4U);
  expect(extents[0], 0, 4, 0);
  expect(extents[1], 8, 4, 0);
  expect(extents[2], 12, 4, 0);
  expect(extents[3], 108, 4, 1);
  extents.push_back({200, 1, 2});
  expect(extents[4], 200, 1, 2);
}

TEST(EventExtents, KeepsChosenRowsOfDifferentLengths) {
  EventExtents extents;
  for (std::uint32_t i = 0; i < 6; ++i) extents.push_back({i * 100, i + 1, i});
  const std::uint8_t keeps[] = {0, 1, 1, 0, 0, 1};
  extents.keep(keeps);
  ASSERT_EQ(extents.size(), 3U);
  expect(extents[0], 100, 2, 1);
  expect(extents[1], 200, 3, 2);
  expect(extents[2], 500, 6, 5);
  const std::uint8_t none[] = {0, 0, 0};
  extents.keep(none);
  EXPECT_TRUE(extents.empty());
  extents.push_back({7, 1, 0});
  expect(extents[0], 7, 1, 0);
}

}  // namespace
}  // namespace sluice
