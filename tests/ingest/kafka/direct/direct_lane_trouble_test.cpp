// A lane whose broker breaks off, sends spoilt answers, or refuses.
#include <chrono>
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

using std::chrono::milliseconds;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

using Texts = std::vector<std::string>;

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

TEST(DirectLane, RefusesOldMessageFormatsByName) {
  ScriptedBroker broker;
  BatchSpec old = batch_of(0, {"a"});
  old.format = 1;
  broker.append_bytes("events", 0, encode(old), 1);
  LaneUnderTest lane(broker);

  EXPECT_THAT(lane.failure(), testing::AllOf(HasSubstr("before Kafka 0.11"),
                                             HasSubstr("source.fetch: librdkafka")));
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

TEST(DirectLane, EndsWithAnErrorWhenAnswersStayLargerThanItMayReceive) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {std::string(5'000, 'x')}));
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.max_answer_bytes = 1'000;
  LaneUnderTest lane(settings, {{}});

  EXPECT_THAT(lane.failure(),
              testing::AllOf(HasSubstr("larger than the 1000 that receive.message.max.bytes"),
                             HasSubstr("Asked for events[0] at offset 0")));
}

TEST(DirectLane, OutlivesAnAnswerThatOnlyClaimsToBeLarge) {
  ScriptedBroker broker;
  broker.append("events", 0, batch_of(0, {"a"}));
  broker.script([](Bytes& answer) { answer[0] = std::byte{0x7F}; });
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.max_answer_bytes = 100'000;
  LaneUnderTest lane(settings, {{}});

  ASSERT_TRUE(lane.read(1));

  EXPECT_THAT(lane.log()[0], HasSubstr("receive.message.max.bytes"));
}

TEST(DirectLane, RestsLongerEachTimeNobodyListens) {
  auto gone = std::make_unique<ScriptedBroker>();
  DirectSettings settings = LaneUnderTest::settings_for(*gone);
  gone.reset();
  settings.backoff = milliseconds(20);
  settings.backoff_max = milliseconds(80);
  LaneUnderTest lane(settings, {{}});
  const auto begin = std::chrono::steady_clock::now();

  ASSERT_TRUE(lane.drive_until([&lane] { return lane.log().size() >= 5; }));

  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(20 + 40 + 80 + 80));
  EXPECT_EQ(lane.statistics().client_errors, lane.log().size());
}

}  // namespace
}  // namespace sluice::wire_test
