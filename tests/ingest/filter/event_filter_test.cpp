#include "ingest/filter/event_filter.hpp"

#include <new>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  return {static_cast<std::byte*>(::operator new(bytes, alignment)), bytes,
          [](std::byte* freed) noexcept { ::operator delete(freed, alignment); }};
}

Format format() {
  Format format;
  format.values = {{.path = {"v", {"v"}}, .name = "v"}};
  return format;
}

FilterProgram program(const char* text) { return plan_filter(parse_filter(text), format()); }

struct Event {
  EventTime time;
  std::int64_t value;
  PartitionIndex partition = 0;
};

/// A batch of these events.
class Batch {
 public:
  explicit Batch(const std::vector<Event>& batch) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const auto& [time, value, partition] = batch[i];
      if (i > 0 && partition != events.partition[0]) events.begin_partitions();
      events.time[i] = time;
      events.key_low[i] = i;
      events.values[0][i] = value;
      if (i == 0 || !events.one_partition) events.partition[i] = partition;
      events.min_time = i == 0 ? time : std::min(events.min_time, time);
      events.max_time = i == 0 ? time : std::max(events.max_time, time);
      events.extents.push_back({i * 10, 10, 0});
      ++events.size;
    }
  }
  std::vector<EventTime> times() const { return {events.time, events.time + events.size}; }

  DecodedEvents events{plain_memory(DecodedEvents::bytes_needed(100, 1)), 100, 1};
};

TEST(EventFilter, KeepsWhatPassesAndTellsTheLargestTimeOfTheRest) {
  Batch batch({{10, 1}, {50, -1}, {30, 2}, {20, -5}});
  FilteredEvents filtered;
  EventFilter(program("v > 0"), std::nullopt).apply(batch.events, {}, 0, filtered);
  EXPECT_EQ(batch.times(), (std::vector<EventTime>{10, 30}));
  EXPECT_EQ(batch.events.min_time, 10);
  EXPECT_EQ(batch.events.max_time, 30);
  EXPECT_EQ(batch.events.extents[1].begin, 20U);
  EXPECT_EQ(filtered.count, 2U);
  ASSERT_EQ(filtered.maxima.size(), 1U);
  EXPECT_EQ(filtered.maxima[0].partition, 0);
  EXPECT_EQ(filtered.maxima[0].time, 50);
}

TEST(EventFilter, TellsTheLargestTimeOfEachPartition) {
  Batch batch({{10, -1, 2}, {50, -1, 0}, {30, 1, 1}, {20, -5, 2}, {-7, -5, 3}});
  FilteredEvents filtered;
  EventFilter(program("v > 0"), std::nullopt).apply(batch.events, {}, 0, filtered);
  EXPECT_EQ(filtered.count, 4U);
  ASSERT_EQ(filtered.maxima.size(), 3U);
  EXPECT_EQ(filtered.maxima[0].partition, 0);
  EXPECT_EQ(filtered.maxima[0].time, 50);
  EXPECT_EQ(filtered.maxima[1].partition, 2);
  EXPECT_EQ(filtered.maxima[1].time, 20);
  EXPECT_EQ(filtered.maxima[2].partition, 3);
  EXPECT_EQ(filtered.maxima[2].time, -7);
  EXPECT_EQ(batch.events.columns().partition[0], 1);
}

TEST(EventFilter, LeavesFutureEventsToTheFutureGuard) {
  Batch batch({{1'000, -1}, {1'101, -1}, {1'100, -1}, {2'000, 1}});
  FilteredEvents filtered;
  EventFilter(program("v > 0"), 100).apply(batch.events, {}, 1'000, filtered);
  EXPECT_EQ(batch.times(), (std::vector<EventTime>{1'101, 2'000}));
  EXPECT_EQ(filtered.count, 2U);
  ASSERT_EQ(filtered.maxima.size(), 1U);
  EXPECT_EQ(filtered.maxima[0].time, 1'100);
}

TEST(EventFilter, MayTakeOutAllEventsOrNone) {
  FilteredEvents filtered;
  EventFilter filter(program("v > 0"), std::nullopt);
  Batch none({{10, -1}, {20, -2}});
  filter.apply(none.events, {}, 0, filtered);
  EXPECT_EQ(none.events.size, 0U);
  EXPECT_EQ(filtered.count, 2U);
  Batch all({{10, 1}, {20, 2}});
  filter.apply(all.events, {}, 0, filtered);
  EXPECT_EQ(all.times(), (std::vector<EventTime>{10, 20}));
  EXPECT_EQ(filtered.count, 0U);
  EXPECT_TRUE(filtered.maxima.empty());
  Batch empty({});
  filter.apply(empty.events, {}, 0, filtered);
  EXPECT_EQ(filtered.count, 0U);
}

TEST(EventFilter, ReadsTheFieldsOfTheEventsItJudges) {
  Batch batch({{10, 1}, {20, 1}, {30, 1}});
  const std::uint8_t valid[] = {1, 0, 1};
  const std::string_view strings[] = {"view", "", "cart"};
  const FilterColumn kind{.valid = valid, .strings = strings};
  FilteredEvents filtered;
  EventFilter(program("kind = 'view' OR kind IS NULL"), std::nullopt)
      .apply(batch.events, {&kind, 1}, 0, filtered);
  EXPECT_EQ(batch.times(), (std::vector<EventTime>{10, 20}));
}

}  // namespace
}  // namespace sluice
