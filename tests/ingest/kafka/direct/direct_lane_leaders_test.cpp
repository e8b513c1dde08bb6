// A lane whose partitions change their leader, or lose it.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

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

TEST(DirectLane, EndsWithAnErrorWhenTheTopicIsDeleted) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(broker);
  ASSERT_TRUE(lane.read(1));

  broker.forget_topic("events");
  broker.set_error("events", 0, BrokerError::unknown_topic_or_partition);

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 1: Broker: Unknown topic"));
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

TEST(DirectLane, EndsWithAnErrorWhenTheNewLeaderKnowsNothingOfTheEpochReadLast) {
  ScriptedBroker first(1);
  ScriptedBroker second(2);
  first.append("events", 0, batch_of(0, {"a"}));
  LaneUnderTest lane(first);
  ASSERT_TRUE(lane.read(1));

  second.append("events", 0, batch_of(0, {"other"}));
  second.set_epoch_end("events", 0, -1, -1);
  first.lead("events", 0, &second, 1);
  first.set_error("events", 0, BrokerError::not_leader);

  EXPECT_THAT(lane.failure(), HasSubstr("events[0] at offset 1: the log was cut off"));
}

TEST(DirectLane, FollowsALeaderThatMovesThereAndBackWithoutLossOrRepetition) {
  ScriptedBroker first(1);
  ScriptedBroker second(2);
  const auto log_of = [](std::int64_t messages, std::int32_t epoch) {
    std::vector<BatchSpec> batches;
    for (std::int64_t i = 0; i < messages; ++i) {
      batches.push_back(batch_of(i, {std::to_string(i)}));
      batches.back().leader_epoch = std::min(static_cast<std::int32_t>(i / 10), epoch);
    }
    return batches;
  };
  for (const BatchSpec& batch : log_of(10, 0)) first.append("events", 0, batch);
  LaneUnderTest lane(first);
  ASSERT_TRUE(lane.read(10));

  for (const BatchSpec& batch : log_of(20, 1)) second.append("events", 0, batch);
  second.set_epoch_end("events", 0, 0, 10);
  first.lead("events", 0, &second, 1);
  second.lead("events", 0, &second, 1);
  first.set_error("events", 0, BrokerError::not_leader);
  ASSERT_TRUE(lane.read(20));

  const auto whole = log_of(30, 2);
  for (std::size_t i = 10; i < whole.size(); ++i) first.append("events", 0, whole[i]);
  first.set_epoch_end("events", 0, 1, 20);
  first.set_error("events", 0, BrokerError::none);
  first.lead("events", 0, &first, 2);
  second.lead("events", 0, &first, 2);
  second.set_error("events", 0, BrokerError::fenced_leader_epoch);
  ASSERT_TRUE(lane.read(30));

  ASSERT_EQ(lane.texts.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(lane.texts[i], std::to_string(i));
  EXPECT_EQ(second.epoch_questions(), 1u);
  EXPECT_EQ(first.epoch_questions(), 1u);
}

}  // namespace
}  // namespace sluice::wire_test
