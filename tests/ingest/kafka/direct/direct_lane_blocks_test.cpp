// How a lane's messages lie in blocks.
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using std::chrono::milliseconds;

using Texts = std::vector<std::string>;

class EachCompression : public testing::TestWithParam<std::pair<Compression, bool>> {};

TEST_P(EachCompression, GivesTheSameMessagesInBlocksOfAnySize) {
  ScriptedBroker broker;
  Texts all;
  std::int64_t offset = 0;
  for (int b = 0; b < 20; ++b) {
    Texts values;
    for (int i = 0; i < 200; ++i) {
      values.push_back(std::to_string(b) + ":" + std::to_string(i) +
                       std::string(static_cast<std::size_t>(i), 'x'));
    }
    BatchSpec batch = batch_of(offset, values, GetParam().first);
    batch.java_snappy = GetParam().second;
    broker.append("events", 0, batch);
    offset += static_cast<std::int64_t>(values.size());
    all.insert(all.end(), values.begin(), values.end());
  }
  for (const std::size_t block_bytes : {300u, 5'000u, 40'000u, 100'000u, 1'000'000u}) {
    for (const std::size_t max_events : {150u, 500u, 100'000u}) {
      LaneUnderTest lane(LaneUnderTest::settings_for(broker), {{.end = offset}}, block_bytes);
      const BlockLimits limits{.max_events = max_events, .linger = milliseconds(5)};
      while (lane.fill(limits) != FillResult::finished) {
        ASSERT_LE(lane.block().messages.size(), max_events);
        ASSERT_LE(lane.block().used, block_bytes);
      }
      EXPECT_EQ(lane.texts, all) << block_bytes << " bytes, " << max_events << " events";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    DirectLane, EachCompression,
    testing::Values(std::pair(Compression::none, false), std::pair(Compression::gzip, false),
                    std::pair(Compression::snappy, false), std::pair(Compression::snappy, true),
                    std::pair(Compression::lz4, false), std::pair(Compression::zstd, false)));

TEST(DirectLane, ReceivesUncompressedMessagesWhereTheyStay) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {std::string(1'000, 'a')}));
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1)) << "after which the broker is known not to compress";
  EXPECT_LT(lane.messages[0].begin, 61u) << "the batch without its header was copied";

  broker.append("events", 0, batch_of(1, {std::string(1'000, 'b')}));
  ASSERT_TRUE(lane.read(2));

  EXPECT_GE(lane.messages[1].begin, 61u) << "the answer lies in the block, headers and all";
  EXPECT_EQ(lane.texts[1], std::string(1'000, 'b'));
}

TEST(DirectLane, LosesNothingOfAnswersThatOutliveTheBlockTheyWereReceivedInto) {
  ScriptedBroker broker;
  Texts all;
  std::int64_t offset = 0;
  for (int b = 0; b < 40; ++b) {
    Texts values;
    for (int i = 0; i < 30; ++i) {
      values.push_back(std::to_string(b) + ":" + std::to_string(i) + std::string(20, 'x'));
    }
    for (std::int32_t partition : {0, 1}) {
      broker.append("events", partition, batch_of(offset, values));
    }
    offset += static_cast<std::int64_t>(values.size());
    all.insert(all.end(), values.begin(), values.end());
  }
  for (const std::size_t max_events : {7u, 100u, 1'000u}) {
    DirectSettings settings = LaneUnderTest::settings_for(broker);
    settings.partition_max_bytes = 4'000;
    LaneUnderTest lane(settings, {{.end = offset}, {.end = offset}}, 20'000);
    while (lane.fill({.max_events = max_events, .linger = milliseconds(5)}) !=
           FillResult::finished) {
    }
    std::array<Texts, 2> read;
    for (std::size_t i = 0; i < lane.texts.size(); ++i) {
      read[lane.messages[i].partition].push_back(lane.texts[i]);
    }
    EXPECT_EQ(read[0], all) << max_events;
    EXPECT_EQ(read[1], all) << max_events;
  }
}

TEST(DirectLane, TruncatesAMessageLargerThanABlock) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", std::string(50, 'x'), "b"}));
  LaneUnderTest lane(LaneUnderTest::settings_for(broker), {{}}, 20);

  ASSERT_TRUE(lane.read(3));

  EXPECT_EQ(lane.texts, (Texts{"a", std::string(20, 'x'), "b"}));
  EXPECT_TRUE(lane.messages[1].truncated);
}

}  // namespace
}  // namespace sluice::wire_test
