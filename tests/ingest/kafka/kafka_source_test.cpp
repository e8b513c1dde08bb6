#include "ingest/kafka/kafka_source.hpp"

#include <array>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/source_under_test.hpp"

namespace sluice::kafka_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

TEST_P(KafkaSourceTest, SaysThatNoBrokerAnswersWithinTheTimeout) {
  KafkaSettings deaf = settings();
  deaf.brokers = "127.0.0.1:1";
  deaf.start_timeout = milliseconds(300);
  const auto begin = std::chrono::steady_clock::now();

  EXPECT_THAT(error_of(deaf),
              AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("no answer within 300 ms")));

  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
}

TEST_P(KafkaSourceTest, GoesOnAfterTheBrokerWasAway) {
  send({"a"});
  const auto source = open(settings());
  ASSERT_EQ(read(*source, 1), (Texts{"a"}));

  broker_.stop();
  drive_until(*source, [&] { return source->statistics().client_errors > 0; });
  EXPECT_FALSE(log().empty());
  broker_.start();
  send({"b"});

  EXPECT_EQ(read(*source, 1), (Texts{"b"}));
}

TEST_P(KafkaSourceTest, EndsWithAnErrorWhenTheMessagesToReadWereDeleted) {
  send({"a"});
  const auto source = open(settings());
  ASSERT_EQ(read(*source, 1), (Texts{"a"}));
  const std::array<PartitionIndex, 1> first = {0};
  source->pause(first);
  read(*source, 0);
  SourceBlock block = make_block(100);
  fill(*source, block);
  send({"b", "c", "d"});
  broker_.delete_messages("events", 0, 3);
  source->resume(first);

  try {
    read(*source, 1);
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("events[0] at offset 1"));
  }
}

TEST_P(KafkaSourceTest, ReportsLagEndAndCommittedOffset) {
  send({"a", "b", "c"});
  KafkaSettings reporting = settings();
  reporting.group = "sluice-test";
  reporting.properties["statistics.interval.ms"] = "50";
  const auto source = open(reporting);
  EXPECT_EQ(source->statistics().partitions[0].lag, std::nullopt) << "unknown so far";
  ASSERT_EQ(read(*source, 3).size(), 3u);
  const std::array<PartitionOffset, 1> offsets = {{{0, 2}}};
  source->commit(offsets);

  drive_until(*source, [&] {
    const PartitionStatistics now = source->statistics().partitions[0];
    return now.lag == 0 && now.committed_offset == 2 && now.end_offset == 3;
  });
}

TEST_P(KafkaSourceTest, RefusesPropertiesThatAreOursOrUnknown) {
  const auto problem = [this](const std::string& name, const std::string& value) {
    KafkaSettings bad = settings();
    bad.properties[name] = value;
    return problem_of(bad).value_or("no problem");
  };

  EXPECT_EQ(problem_of(settings()), std::nullopt);
  EXPECT_THAT(problem("enable.auto.commit", "true"), HasSubstr("enable.auto.commit cannot be set"));
  EXPECT_THAT(problem("bootstrap.servers", "x"), HasSubstr("use source.brokers"));
  EXPECT_THAT(problem("group.id", "x"), HasSubstr("use source.group"));
  EXPECT_EQ(problem("no.such.thing", "x"), "property no.such.thing is not known to librdkafka");
  EXPECT_THAT(problem("fetch.min.bytes", "many"), HasSubstr("fetch.min.bytes"));
  EXPECT_EQ(problem("fetch.min.bytes", "1000"), "no problem");
}

TEST_P(KafkaSourceTest, ShowsNoSecretInAProblem) {
  KafkaSettings bad = settings();
  bad.properties["sasl.oauthbearer.client.secret"] = "hunter2";
  bad.properties["ssl.key.pem"] = "hunter2";
  bad.properties["security.protocol"] = "nonsense";

  const std::string all = problem_of(bad).value_or("") + error_of(bad);

  EXPECT_THAT(all, testing::Not(HasSubstr("hunter2")));
}

TEST_P(KafkaSourceTest, LeavesToLibrdkafkaWhatTheDirectPathCannotDo) {
  KafkaSettings far = settings();
  far.properties["client.rack"] = "r1";
  EXPECT_EQ(why_not_direct(far), "property client.rack is librdkafka's alone");
  far.fetch = KafkaFetch::automatic;
  send({"a"});

  EXPECT_EQ(read(*open(far), 1), (Texts{"a"}));
  EXPECT_THAT(log(), testing::Contains("librdkafka fetches the messages: property client.rack is "
                                       "librdkafka's alone"));

  far.fetch = KafkaFetch::direct;
  EXPECT_THAT(error_of(far), HasSubstr("source.fetch: direct: property client.rack"));
}

TEST(WhyNotDirect, NamesMechanismsOfAuthentication) {
  KafkaSettings settings;
  settings.properties = {{"security.protocol", "sasl_plaintext"},
                         {"sasl.mechanism", "OAUTHBEARER"}};
  EXPECT_EQ(why_not_direct(settings), "sasl.mechanism OAUTHBEARER is librdkafka's alone");
  settings.properties["sasl.mechanism"] = "SCRAM-SHA-512";
  EXPECT_EQ(why_not_direct(settings), std::nullopt);
  settings.properties["security.protocol"] = "ssl";
  EXPECT_EQ(why_not_direct(settings), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaSourceTest, each_way_to_fetch, name_of_fetch);

}  // namespace
}  // namespace sluice::kafka_test
