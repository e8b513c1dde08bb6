// A lane whose partitions share a connection, and some of which are paused.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/thread_cpu.hpp"
#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using std::chrono::milliseconds;
using testing::Each;
using Texts = std::vector<std::string>;

TEST(DirectLane, AsksFirstForPartitionsThatGotNothing) {
  ScriptedBroker broker;
  for (int i = 0; i < 50; ++i) broker.append("events", 0, batch_of(i, {std::string(100, 'x')}));
  broker.append("events", 1, batch_of(0, {"y"}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.partition_max_bytes = 300;
  LaneUnderTest lane(settings, {{}, {}});

  ASSERT_TRUE(lane.read(51));

  EXPECT_EQ(broker.fetches().back().positions[0].number, 1);
}

TEST(DirectLane, FetchesNothingOfAPausedPartitionAndLosesNothing) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a0"}));
  broker.append("events", 1, batch_of(0, {"b0"}));
  LaneUnderTest lane(broker, {{}, {}});
  ASSERT_TRUE(lane.read(2));

  lane.lane().set_paused(0, true);
  lane.fill();
  broker.append("events", 0, batch_of(1, {"a1"}));
  broker.append("events", 1, batch_of(1, {"b1"}));
  ASSERT_TRUE(lane.read(3));
  EXPECT_EQ(lane.texts[2], "b1");
  lane.fill();
  EXPECT_EQ(broker.fetches().back().positions.size(), 1u);

  lane.lane().set_paused(0, false);
  ASSERT_TRUE(lane.read(4));
  EXPECT_EQ(lane.texts[3], "a1");
}

TEST(DirectLane, TakesAPausedPartitionsReceivedMessagesUpAgainWhereItStopped) {
  ScriptedBroker broker;
  Texts all;
  for (int i = 0; i < 100; ++i) all.push_back(std::to_string(i));
  broker.append("events", 0, batch_of(0, all, Compression::snappy));
  LaneUnderTest lane(LaneUnderTest::settings_for(broker), {{}}, 20);
  ASSERT_TRUE(lane.read(1));

  lane.lane().set_paused(0, true);
  const std::size_t before = lane.texts.size();
  for (int i = 0; i < 3; ++i) lane.fill();
  EXPECT_EQ(lane.texts.size(), before);
  lane.lane().set_paused(0, false);

  ASSERT_TRUE(lane.read(100));
  EXPECT_EQ(lane.texts, all);
}

/// How many messages of partition 0 came before the last one of the others.
std::size_t before_the_last_of_the_others(const LaneUnderTest& lane) {
  std::size_t before = 0;
  std::size_t of_the_first = 0;
  for (const Message& message : lane.messages) {
    of_the_first += message.partition == 0 ? 1 : 0;
    before = message.partition == 0 ? before : of_the_first;
  }
  return before;
}

TEST(DirectLane, IsNotKeptFromSmallPartitionsByAHugeOne) {
  ScriptedBroker broker;
  for (int i = 0; i < 400; ++i) broker.append("events", 0, batch_of(i, {std::string(9'000, 'x')}));
  for (int i = 0; i < 40; ++i) {
    broker.append("events", 1, batch_of(i, {"small"}));
    broker.append("events", 2, batch_of(i, {"small"}));
  }
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.partition_max_bytes = 20'000;
  LaneUnderTest lane(settings, {{.end = 400}, {.end = 40}, {.end = 40}}, 50'000);

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_EQ(lane.messages.size(), 480u);
  EXPECT_LT(before_the_last_of_the_others(lane), 40u);
}

TEST(DirectLane, IsNotHeldUpByALeaderThatDoesNotAnswer) {
  ScriptedBroker quick(1);
  ScriptedBroker slow(2);
  for (std::int64_t i = 0; i < 200; ++i) {
    quick.append("events", 1, batch_of(i, {"quick"}));
    slow.append("events", 0, batch_of(i, {"slow"}));
  }
  quick.lead("events", 0, &slow, 0);
  slow.stall(true);
  DirectSettings settings = LaneUnderTest::settings_for(quick);
  settings.partition_max_bytes = 300;
  LaneUnderTest lane(settings, {{.end = 200}, {.end = 200}});

  ASSERT_TRUE(lane.read(200));
  EXPECT_THAT(lane.texts, Each("quick"));
  slow.stall(false);

  ASSERT_TRUE(lane.read_to_the_end());
  EXPECT_EQ(lane.texts.size(), 400u);
}

TEST(DirectLane, SleepsWhileNothingComes) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.limits.max_wait_ms = 100;
  LaneUnderTest lane(settings, {{}});
  ASSERT_TRUE(lane.read(1));
  const double cpu_before = thread_cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();

  for (int i = 0; i < 10; ++i) lane.fill({.max_events = 100, .linger = milliseconds(50)});

  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(passed, milliseconds(500));
  EXPECT_LT(thread_cpu_seconds() - cpu_before, passed.count() / 10);
}

}  // namespace
}  // namespace sluice::wire_test
