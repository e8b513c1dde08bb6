#include "ingest/kafka/direct/direct_lane.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using std::chrono::milliseconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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

TEST(DirectLane, FollowsALeaderThatMoves) {
  ScriptedBroker first(1);
  ScriptedBroker second(2);
  first.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(first);
  ASSERT_TRUE(lane.read(1));

  second.append("events", 0, batch_of(0, {"a"}));
  second.append("events", 0, batch_of(1, {"b"}));
  second.set_epoch_end("events", 0, 0, 1);
  first.lead("events", 0, &second, 1);
  first.set_error("events", 0, BrokerError::not_leader);

  ASSERT_TRUE(lane.read(2));
  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
  EXPECT_EQ(second.epoch_questions(), 1u) << "whether its log holds what was read";
  EXPECT_EQ(second.fetches()[0].positions[0].leader_epoch, 1);
  EXPECT_GT(lane.statistics().client_errors, 0u);
}

TEST(DirectLane, EndsWithAnErrorWhenTheNewLeadersLogIsShorter) {
  ScriptedBroker first(1);
  ScriptedBroker second(2);
  first.append("events", 0, batch_of(0, {"a", "b", "c"}));
  LaneUnderTest lane(first);
  ASSERT_TRUE(lane.read(3));

  second.append("events", 0, batch_of(0, {"a", "other"}));
  second.set_epoch_end("events", 0, 0, 1);
  first.lead("events", 0, &second, 1);
  first.set_error("events", 0, BrokerError::fenced_leader_epoch);

  EXPECT_THAT(lane.failure(),
              testing::AllOf(HasSubstr("events[0] at offset 3"), HasSubstr("now ends at 1")));
}

TEST(DirectLane, EndsWithAnErrorWhenTheTopicWasMadeAnew) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.lead("events", 0, &broker, 7);
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1));

  broker.lead("events", 0, &broker, 0);
  broker.set_error("events", 0, BrokerError::unknown_leader_epoch);

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 1: its leader's epoch went back"));
}

TEST(DirectLane, ReadsFromSeveralLeaders) {
  ScriptedBroker first(1);
  ScriptedBroker second(2);
  for (std::int64_t i = 0; i < 10; ++i) {
    first.append("events", 0, batch_of(i, {"a"}));
    second.append("events", 1, batch_of(i, {"b"}));
  }
  first.lead("events", 1, &second, 3);
  LaneUnderTest lane(first, {{.end = 10}, {.end = 10}});

  ASSERT_TRUE(lane.read_to_the_end());

  EXPECT_EQ(std::count(lane.texts.begin(), lane.texts.end(), "a"), 10);
  EXPECT_EQ(std::count(lane.texts.begin(), lane.texts.end(), "b"), 10);
}

TEST(DirectLane, WaitsForALeaderToBeChosen) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.lead("events", 0, nullptr, 0);
  LaneUnderTest lane(broker);
  for (int i = 0; i < 3; ++i) lane.fill();
  ASSERT_THAT(lane.texts, IsEmpty());

  broker.lead("events", 0, &broker, 1);

  EXPECT_TRUE(lane.read(1));
}

TEST(DirectLane, ConnectsAgainAndLosesNothing) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1));

  broker.close_connections();
  ASSERT_TRUE(lane.drive_until([&lane] { return !lane.log().empty(); }));
  broker.append("events", 0, batch_of(1, {"b"}));

  ASSERT_TRUE(lane.read(2));
  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
  EXPECT_THAT(lane.log()[0], HasSubstr(text_of(broker.address())));
}

TEST(DirectLane, FetchesAgainWhatWasTorn) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b"}));
  broker.script([](Bytes& answer) { answer.resize(answer.size() / 2); });  // then silence
  broker.script([](Bytes& answer) { answer.clear(); });
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.answer_timeout = milliseconds(50);
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.read(2));

  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
  EXPECT_THAT(lane.log()[0], HasSubstr("no answer in time"));
  EXPECT_THAT(lane.log()[1], HasSubstr("closed the connection"));
}

TEST(DirectLane, FetchesABatchAgainWhoseChecksumIsWrong) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a", "b"}));
  broker.script([](Bytes& answer) { answer.back() ^= std::byte{1}; });
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.read(2));

  EXPECT_EQ(lane.texts, (Texts{"a", "b"}));
  EXPECT_THAT(lane.log()[0], HasSubstr("events[0] at offset 0: a batch whose checksum is wrong"));
}

TEST(DirectLane, EndsWithAnErrorWhenABatchStaysBroken) {
  ScriptedBroker broker;
  Bytes batch = encode(batch_of(0, {"a"}));
  batch.back() ^= std::byte{1};
  broker.append_bytes("events", 0, batch, 1);
  LaneUnderTest lane(broker);

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 0: a batch whose checksum is wrong"));
}

TEST(DirectLane, ObeysAThrottlingBroker) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.set_throttle(50);
  LaneUnderTest lane(broker);

  ASSERT_TRUE(lane.drive_until([&broker] { return broker.fetches().size() >= 3; }));

  const auto fetches = broker.fetches();
  EXPECT_GE(fetches[1].at - fetches[0].at, milliseconds(45));
  EXPECT_GE(fetches[2].at - fetches[1].at, milliseconds(45));
}

TEST(DirectLane, EndsWithAnErrorWhenTheMessagesToReadAreGone) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.set_error("events", 0, BrokerError::offset_out_of_range);
  LaneUnderTest lane(broker, {{.offset = 7}});

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 7: Broker: Offset out of range"));
}

TEST(DirectLane, WaitsOutErrorsThatPass) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.set_error("events", 0, BrokerError::kafka_storage_error);
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.drive_until([&lane] { return lane.statistics().client_errors >= 2; }));

  broker.set_error("events", 0, BrokerError::none);

  EXPECT_TRUE(lane.read(1));
}

TEST(DirectLane, EndsWithAnErrorWhenTheTopicIsDeleted) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1));

  broker.forget_topic("events");
  broker.set_error("events", 0, BrokerError::unknown_topic_or_partition);

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 1: Broker: Unknown topic"));
}

TEST(DirectLane, RefusesOldMessageFormatsByName) {
  ScriptedBroker broker;
  BatchSpec old = batch_of(0, {"a"});
  old.format = 1;
  broker.append_bytes("events", 0, encode(old), 1);
  LaneUnderTest lane(broker);

  EXPECT_THAT(lane.failure(), testing::AllOf(HasSubstr("before Kafka 0.11"),
                                             HasSubstr("source.fetch: librdkafka")));
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

TEST(DirectLane, AuthenticatesWithAPassword) {
  ScriptedBroker broker;
  broker.expect_plain("me", "open sesame");
  broker.append("events", 0, batch_of(0, {"a"}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.sasl = {.mechanism = SaslMechanism::plain, .user = "me", .password = "open sesame"};
  LaneUnderTest lane(settings, {{}});

  EXPECT_TRUE(lane.read(1));
}

TEST(DirectLane, SaysThatAPasswordIsWrongWithoutShowingIt) {
  ScriptedBroker broker;
  broker.expect_plain("me", "open sesame");
  broker.append("events", 0, batch_of(0, {"a"}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.sasl = {.mechanism = SaslMechanism::plain, .user = "me", .password = "hunter2"};
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.drive_until([&lane] { return !lane.log().empty(); }));

  EXPECT_THAT(lane.log()[0], HasSubstr("authentication failed: wrong password"));
  EXPECT_THAT(lane.log(), Each(Not(HasSubstr("hunter2"))));
}

TEST(DirectLane, GoesOnAskingWhenNobodyListens) {
  auto gone = std::make_unique<ScriptedBroker>();
  const BrokerAddress nobody = gone->address();
  gone.reset();
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.bootstrap = {nobody, broker.address()};
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.read(1));

  EXPECT_THAT(lane.log()[0], HasSubstr(text_of(nobody) + ": Connection refused"));
}

}  // namespace
}  // namespace sluice::wire_test
