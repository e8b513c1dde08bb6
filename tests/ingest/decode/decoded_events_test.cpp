#include "ingest/decode/decoded_events.hpp"

#include <limits>
#include <new>

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

}  // namespace
}  // namespace sluice
