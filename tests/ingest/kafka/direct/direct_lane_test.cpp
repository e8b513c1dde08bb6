#include "ingest/kafka/direct/direct_lane.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

TEST(DirectLane, ReadsBatchesInOrderAndGoesOnWithNewOnes) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b"}));
  broker.append("events", 0, batch_of(2, {"c"}));
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.read(3));
  broker.append("events", 0, batch_of(3, {"d"}));
  ASSERT_TRUE(lane.read(4));

  EXPECT_EQ(lane.texts, (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(lane.messages[3].offset, 3);
  EXPECT_EQ(lane.positions.back(), (PartitionOffset{0, 4}));
  EXPECT_THAT(lane.log(), IsEmpty());
}

TEST(DirectLane, DropsMessagesBeforeAStartInsideABatch) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b", "c", "d"}, Compression::lz4));
  LaneUnderTest lane(broker, {{.offset = 2}});

  ASSERT_TRUE(lane.read(2));

  EXPECT_EQ(lane.texts, (Texts{"c", "d"}));
}

TEST(DirectLane, PassesEmptyBatchesAndGapsOfCompactedTopics) {
  ScriptedBroker broker;
  BatchSpec empty;
  empty.last_offset_delta = 9;
  broker.append("events", 0, empty);
  BatchSpec thinned;
  thinned.base_offset = 10;
  thinned.messages = {{.value = "a", .offset_delta = 3}, {.value = "b", .offset_delta = 7}};
  thinned.last_offset_delta = 9;
  broker.append("events", 0, thinned);
  empty.base_offset = 25;
  broker.append("events", 0, empty);
  LaneUnderTest lane(broker, {{.offset = 0, .end = 35}});

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
  EXPECT_EQ(lane.messages[0].offset, 13);
  EXPECT_EQ(lane.messages[1].offset, 17);
  EXPECT_EQ(lane.positions.back(), (PartitionOffset{0, 35}));
}

TEST(DirectLane, FetchesABatchThatWasCutOffAnew) {
  ScriptedBroker broker;
  for (int i = 0; i < 10; ++i) {
    broker.append("events", 0, batch_of(i, {std::string(400, static_cast<char>('a' + i))}));
  }
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.partition_max_bytes = 1'000;
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.read(10));

  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(lane.texts[i], std::string(400, static_cast<char>('a' + i)));
  }
  EXPECT_THAT(lane.log(), IsEmpty());
}

TEST(DirectLane, AsksForMoreWhenNotEvenOneBatchComesWhole) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {std::string(5'000, 'x')}));
  broker.tear_batches_at(8'000);
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.partition_max_bytes = 1'000;
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.read(1));

  EXPECT_EQ(lane.texts[0].size(), 5'000u);
  EXPECT_EQ(broker.fetches()[3].positions[0].max_bytes, 8'000);
}

TEST(DirectLane, TellsTombstonesFromEmptyMessagesAndPassesKeysAndHeaders) {
  ScriptedBroker broker;
  BatchSpec batch;
  batch.messages = {
      {.value = std::nullopt, .key = "gone"},
      {.value = ""},
      {.value = "v", .key = std::string(300, 'k'), .headers = {{"h", "1"}, {"h", ""}}},
      {.value = std::string(200, 'w')}};
  broker.append("events", 0, batch);
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.read(4));

  EXPECT_EQ(lane.texts, (Texts{"", "", "v", std::string(200, 'w')}));
  EXPECT_TRUE(lane.messages[0].tombstone);
  EXPECT_FALSE(lane.messages[1].tombstone);
  EXPECT_FALSE(lane.messages[2].tombstone);
}

TEST(DirectLane, TakesTheTimestampsOfProducersOrOfTheLog) {
  ScriptedBroker broker;
  BatchSpec created = batch_of(0, {"a", "b"});
  created.base_timestamp = 1'000;
  created.messages[1].timestamp_delta = -250;
  broker.append("events", 0, created);
  BatchSpec appended = batch_of(2, {"c", "d"});
  appended.log_append_time = true;
  appended.max_timestamp = 7'000;
  appended.messages[1].timestamp_delta = 5;
  broker.append("events", 0, appended);
  BatchSpec timeless = batch_of(4, {"e"});
  timeless.base_timestamp = -1;
  timeless.max_timestamp = -1;
  broker.append("events", 0, timeless);
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.read(5));

  std::vector<EventTime> times;
  for (const Message& message : lane.messages) times.push_back(message.timestamp);
  EXPECT_THAT(times, ElementsAre(1'000, 750, 7'000, 7'000, start_of_time));
}

/// Two producers' transactions, mixed; the first one's was aborted.
void append_transactions(ScriptedBroker& broker) {
  const auto of = [](std::int64_t offset, const Texts& values, std::int64_t producer) {
    BatchSpec batch = batch_of(offset, values, Compression::zstd);
    batch.transactional = true;
    batch.producer = producer;
    return batch;
  };
  broker.append("events", 0, of(0, {"a1", "a2"}, 1));
  broker.append("events", 0, of(2, {"b1"}, 2));
  broker.append("events", 0, of(3, {"a3"}, 1));
  broker.append("events", 0, end_of_transaction(4, 1, false));
  broker.append("events", 0, end_of_transaction(5, 2, true));
  broker.append("events", 0, of(6, {"a4"}, 1));
  broker.append("events", 0, end_of_transaction(7, 1, true));
  broker.append("events", 0, batch_of(8, {"plain"}));
  broker.abort("events", 0, {.producer = 1, .first_offset = 0});
}

TEST(DirectLane, LeavesAbortedTransactionsAndTheirMarksOut) {
  ScriptedBroker broker;
  append_transactions(broker);
  LaneUnderTest lane(broker, {{.offset = 0, .end = 9}});

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_EQ(lane.texts, (Texts{"b1", "a4", "plain"}));
  EXPECT_TRUE(broker.fetches().back().committed_only);
}

TEST(DirectLane, ReadsAbortedTransactionsWhenUncommittedOnesAreWanted) {
  ScriptedBroker broker;
  append_transactions(broker);
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.limits.committed_only = false;
  LaneUnderTest lane(settings, {{.offset = 0, .end = 9}});

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_EQ(lane.texts, (Texts{"a1", "a2", "b1", "a3", "a4", "plain"}));
}

TEST(DirectLane, StopsAtTheEndEvenInsideABatchAndAtTheMarkOfATransaction) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b", "c"}));
  broker.append("events", 1, batch_of(0, {"x"}));
  broker.append("events", 1, end_of_transaction(1, 5, true));
  broker.append("events", 2, batch_of(0, {"not wanted"}));
  LaneUnderTest lane(broker, {{.end = 2}, {.end = 2}, {.offset = 1, .end = 1}});

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_THAT(lane.texts, testing::UnorderedElementsAre("a", "b", "x"));
  EXPECT_THAT(lane.finished, testing::UnorderedElementsAre(0, 1, 2));
  EXPECT_EQ(lane.positions.back().next, 2);
}

TEST(DirectLane, KeepsPositionsOfOtherPartitionsThatWereAdded) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1));

  broker.append("events", 1, batch_of(0, {"of a partition that is new"}));
  broker.append("events", 0, batch_of(1, {"b"}));
  broker.close_connections();

  ASSERT_TRUE(lane.read(2));
  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
}

TEST(DirectLane, ReportsEndLagAndWhatWaits) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b", "c"}));
  broker.set_last_stable_offset("events", 0, 2);
  LaneUnderTest lane(LaneUnderTest::settings_for(broker), {{}}, 1);
  EXPECT_EQ(lane.statistics().partitions[0].end_offset, std::nullopt);

  ASSERT_TRUE(lane.read(1));

  const SourceStatistics statistics = lane.statistics();
  EXPECT_EQ(statistics.partitions[0].end_offset, 2);
  EXPECT_EQ(statistics.partitions[0].lag, 1);
  EXPECT_EQ(statistics.fetch_queue_messages, 3u);
  EXPECT_GT(statistics.fetch_queue_bytes, 0u);
}

class EachFetchVersion : public testing::TestWithParam<std::int16_t> {};

TEST_P(EachFetchVersion, IsSpokenWithABrokerThatKnowsNoNewerOne) {
  ScriptedBroker broker;
  broker.serve(ApiKey::fetch, {0, GetParam()});
  broker.serve(ApiKey::metadata, {0, static_cast<std::int16_t>(GetParam() < 8 ? 5 : 9)});
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.abort("events", 0, {.producer = 9, .first_offset = 5});
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.read(1));

  EXPECT_EQ(broker.fetches()[0].version, std::min<std::int16_t>(GetParam(), 11));
}

INSTANTIATE_TEST_SUITE_P(DirectLane, EachFetchVersion, testing::Range<std::int16_t>(4, 13));

TEST(DirectLane, NamesABrokerThatSpeaksNoVersionWeKnow) {
  ScriptedBroker broker;
  broker.serve(ApiKey::fetch, {12, 17});
  broker.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(broker);

  EXPECT_THAT(lane.failure(), HasSubstr("source.fetch: librdkafka"));
}

}  // namespace
}  // namespace sluice::wire_test
