#include "ingest/decode/decoded_events.hpp"

#include <limits>
#include <new>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::size_t capacity = 3000;

StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  return {static_cast<std::byte*>(::operator new(bytes, alignment)), bytes,
          [](std::byte* freed) noexcept { ::operator delete(freed, alignment); }};
}

/// Events whose time, key and value 0 are functions of their number.
class DecodedEventsTest : public ::testing::Test {
 protected:
  void fill(EventTime first_time, EventTime step, std::uint64_t first_key,
            std::int64_t first_value) {
    events_.size = capacity;
    for (std::size_t i = 0; i < capacity; ++i) {
      events_.time[i] = first_time + static_cast<EventTime>(i) * step;
      events_.key_low[i] = first_key + i;
      events_.key_high[i] = 0;
      events_.partition[i] = 0;
      events_.values[0][i] = first_value - static_cast<std::int64_t>(i);
    }
    events_.min_time = events_.time[0];
    events_.max_time = events_.time[capacity - 1];
  }
  void expect(EventTime first_time, EventTime step, std::uint64_t first_key,
              std::int64_t first_value) const {
    const EventColumns columns = events_.columns();
    for (std::size_t i = 0; i < capacity; ++i) {
      ASSERT_EQ(columns.time[i], first_time + static_cast<EventTime>(i) * step) << i;
      ASSERT_EQ(columns.key.low_of(i), first_key + i) << i;
      ASSERT_EQ(columns.key.high_of(i), 0U) << i;
      ASSERT_EQ(columns.values[0][i], first_value - static_cast<std::int64_t>(i)) << i;
    }
  }

  DecodedEvents events_{plain_memory(DecodedEvents::bytes_needed(capacity, 1)), capacity, 1};
};

TEST_F(DecodedEventsTest, NarrowColumnsHoldTheSameValues) {
  fill(-5'000'000'000'000, 1000, 7, 100);
  events_.narrow();
  const EventColumns columns = events_.columns();
  EXPECT_NE(columns.time.narrow, nullptr);
  EXPECT_NE(columns.key.narrow, nullptr);
  EXPECT_NE(columns.values[0].narrow, nullptr);
  expect(-5'000'000'000'000, 1000, 7, 100);
}

TEST_F(DecodedEventsTest, ColumnsThatDoNotFitStayWide) {
  constexpr std::int64_t below_int32 = std::int64_t{std::numeric_limits<std::int32_t>::min()} - 1;
  constexpr std::uint64_t past_uint32 = std::uint64_t{1} << 32;
  fill(0, 2'000'000, past_uint32 - 5, below_int32 + 10);
  events_.narrow();
  const EventColumns columns = events_.columns();
  EXPECT_EQ(columns.time.narrow, nullptr);
  EXPECT_EQ(columns.key.narrow, nullptr);
  EXPECT_EQ(columns.values[0].narrow, nullptr);
  expect(0, 2'000'000, past_uint32 - 5, below_int32 + 10);
}

TEST_F(DecodedEventsTest, KeysOfTwoHalvesStayWide) {
  fill(0, 1, 0, 0);
  events_.key_high[5] = 1;
  events_.any_key_high = true;
  events_.narrow();
  EXPECT_EQ(events_.columns().key.narrow, nullptr);
  EXPECT_EQ(events_.columns().key.high_of(5), 1U);
}

TEST_F(DecodedEventsTest, TheNextBatchStartsWide) {
  fill(0, 1, 0, 0);
  events_.narrow();
  events_.clear();
  fill(1, 1, 1, 1);
  EXPECT_EQ(events_.columns().time.narrow, nullptr);
  expect(1, 1, 1, 1);
}

TEST_F(DecodedEventsTest, KeepsChosenEventsInTheirOrder) {
  fill(1'000, 10, 7, 100);
  events_.begin_valid(0);
  events_.begin_partitions();
  events_.begin_key_high();
  std::vector<std::uint8_t> keeps(capacity);
  for (std::uint32_t i = 0; i < capacity; ++i) {
    events_.extents.push_back({i, 1, i});
    events_.partition[i] = static_cast<PartitionIndex>(i % 5);
    events_.key_high[i] = i;
    events_.valid[0][i] = i % 7 != 0 ? 1 : 0;
    keeps[i] = i % 3 == 1 ? 1 : 0;
  }
  events_.keep(keeps.data());
  ASSERT_EQ(events_.size, capacity / 3);
  const EventColumns columns = events_.columns();
  for (std::uint32_t kept = 0; kept < events_.size; ++kept) {
    const std::uint32_t i = 3 * kept + 1;
    ASSERT_EQ(columns.time[kept], 1'000 + EventTime{i} * 10);
    ASSERT_EQ(columns.key.low_of(kept), 7 + i);
    ASSERT_EQ(columns.key.high_of(kept), i);
    ASSERT_EQ(columns.partition[kept], i % 5);
    ASSERT_EQ(columns.values[0][kept], 100 - std::int64_t{i});
    ASSERT_EQ(columns.values[0].valid[kept], i % 7 != 0 ? 1 : 0);
    ASSERT_EQ(events_.extents[kept].begin, i);
  }
  EXPECT_EQ(events_.min_time, 1'010);
  EXPECT_EQ(events_.max_time, 1'000 + 10 * EventTime{capacity - 2});
}

TEST_F(DecodedEventsTest, WhatHasNoColumnGetsNoneByKeeping) {
  fill(1'000, 10, 7, 100);
  events_.partition[0] = 3;
  for (std::uint32_t i = 0; i < capacity; ++i) events_.extents.push_back({i, 1, i});
  std::vector<std::uint8_t> keeps(capacity, 0);
  keeps[2'000] = 1;
  events_.keep(keeps.data());
  const EventColumns columns = events_.columns();
  ASSERT_EQ(columns.size, 1U);
  EXPECT_EQ(columns.partition, nullptr);
  EXPECT_EQ(columns.single_partition, 3);
  EXPECT_EQ(columns.key.high, nullptr);
  EXPECT_EQ(columns.values[0].valid, nullptr);
  EXPECT_EQ(columns.time[0], 21'000);
  EXPECT_EQ(events_.min_time, 21'000);
  EXPECT_EQ(events_.max_time, 21'000);
}

TEST_F(DecodedEventsTest, MayKeepNothing) {
  fill(1'000, 10, 7, 100);
  for (std::uint32_t i = 0; i < capacity; ++i) events_.extents.push_back({i, 1, i});
  events_.keep(std::vector<std::uint8_t>(capacity, 0).data());
  EXPECT_EQ(events_.size, 0U);
  EXPECT_TRUE(events_.extents.empty());
  events_.narrow();
  EXPECT_EQ(events_.columns().size, 0U);
}

}  // namespace
}  // namespace sluice
