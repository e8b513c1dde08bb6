#include "ingest/kafka/kafka_producer.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(KafkaProducer, CountsWhatWasDelivered) {
  EmbeddedBroker broker;
  broker.create_topic("events", 2);
  KafkaProducer producer(broker.bootstrap_servers(), {{"compression.codec", "lz4"}});

  producer.send("events", 0, "a");
  producer.send("events", 1, std::nullopt);

  EXPECT_TRUE(producer.flush(seconds(10)));
  EXPECT_EQ(producer.delivered(), 2u);
  EXPECT_EQ(producer.failed(), 0u);
}

TEST(KafkaProducer, WaitsForRoomInItsQueue) {
  EmbeddedBroker broker;
  broker.create_topic("events", 1);
  KafkaProducer producer(broker.bootstrap_servers(), {{"queue.buffering.max.messages", "10"}});

  for (int i = 0; i < 100; ++i) {
    producer.send("events", 0, std::to_string(i));
  }

  EXPECT_TRUE(producer.flush(seconds(10)));
  EXPECT_EQ(producer.delivered(), 100u);
}

TEST(KafkaProducer, SaysWhyAMessageWasGivenUp) {
  EmbeddedBroker broker;
  broker.create_topic("events", 1);
  KafkaProducer producer(broker.bootstrap_servers(), {{"message.timeout.ms", "100"}});
  broker.stop();

  producer.send("events", 0, "a");

  EXPECT_TRUE(producer.flush(seconds(10)));
  EXPECT_EQ(producer.failed(), 1u);
  EXPECT_THAT(producer.last_failure(), HasSubstr("timed out"));
}

TEST(KafkaProducer, RefusesAMessageThatIsTooLargeToBeSent) {
  KafkaProducer producer("127.0.0.1:1", {{"message.max.bytes", "1000"}});

  EXPECT_THROW(producer.send("events", 0, std::string(2'000, 'x')), SourceError);
}

TEST(KafkaProducer, RefusesAnUnknownPropertyWithoutShowingItsValue) {
  try {
    KafkaProducer producer("127.0.0.1:1", {{"no.such.thing", "hunter2"}});
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_STREQ(error.what(), "kafka producer: property no.such.thing is refused");
  }
}

TEST(KafkaProducer, SaysThatATopicCannotBeCreatedWhenNoBrokerAnswers) {
  KafkaProducer producer("127.0.0.1:1");

  EXPECT_THROW(producer.create_topic("events", 1, milliseconds(200)), SourceError);
}

}  // namespace
}  // namespace sluice
