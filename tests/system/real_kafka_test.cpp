#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/kafka_cases.hpp"
#include "tests/system/support/kafka_client.hpp"
#include "tests/system/support/service.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"
#include "tests/system/support/transactions.hpp"

namespace sluice::system_test {
namespace {

/// One real broker for all tests of this program, which fetches in each way.
class RealKafka : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    shared_folder = std::make_unique<TempFolder>();
    shared_broker = std::make_unique<Service>("kafka_broker.sh", shared_folder->path("kafka"));
  }
  static void TearDownTestSuite() {
    shared_broker.reset();
    shared_folder.reset();
  }

  void SetUp() override {
    if (shared_broker->skipped()) GTEST_SKIP() << shared_broker->reason();
    ASSERT_TRUE(shared_broker->running()) << shared_broker->reason();
  }

  static std::string brokers() { return shared_broker->value("bootstrap"); }
  static Cluster cluster() {
    return {.brokers = brokers(),
            .create_topic =
                [](const std::string& topic, int partitions) {
                  KafkaClient(brokers()).create_topic(topic, partitions);
                },
            .fetch = GetParam()};
  }
  /// A topic of this test's own.
  static std::string topic(const std::string& name) { return name + '_' + GetParam(); }

  inline static std::unique_ptr<TempFolder> shared_folder;
  inline static std::unique_ptr<Service> shared_broker;
};

TEST_P(RealKafka, GivesTheOraclesRowsOfALiveJsonStream) {
  expect_live_job_gives_the_oracles_rows(cluster(), topic("live_json"), Encoding::json, "lz4");
}

TEST_P(RealKafka, GivesTheOraclesRowsOfALiveCsvStream) {
  expect_live_job_gives_the_oracles_rows(cluster(), topic("live_csv"), Encoding::csv);
}

TEST_P(RealKafka, GivesTheOraclesRowsOfWhatATopicHolds) {
  expect_once_gives_the_oracles_rows(cluster(), topic("once_json"), 401, Encoding::json, "lz4");
  expect_once_gives_the_oracles_rows(cluster(), topic("once_csv"), 402, Encoding::csv, "zstd");
  expect_once_gives_the_oracles_rows(cluster(), topic("once_binary"), 403, Encoding::binary,
                                     "gzip");
}

TEST_P(RealKafka, GoesOnFromTheCommittedOffsets) {
  expect_next_run_goes_on_from_the_committed_offsets(cluster(), topic("commits"));
}

TEST_P(RealKafka, StartsAtGivenOffsets) {
  expect_start_at_given_offsets(cluster(), topic("offsets"));
}

TEST_P(RealKafka, MakesAPartitionThatIsFarAheadWait) {
  expect_a_partition_ahead_waits(cluster(), topic("ahead"));
}

TEST_P(RealKafka, FindsTopicsByARegularExpression) {
  expect_topics_by_regular_expression(cluster(), topic("found"));
}

TEST_P(RealKafka, EndsWithCode1ForTopicsThatAreNotThere) {
  expect_absent_topics_are_named(cluster(), topic("topics"));
}

TEST_P(RealKafka, StartsAtATimestampAndTakesEventTimesFromTheMessages) {
  const TempFolder folder;
  KafkaClient kafka(brokers());
  kafka.create_topic(topic("timestamps"), 2);
  for (std::int64_t second = 0; second < 10; ++second) {
    kafka.produce(topic("timestamps"), 0, "{}", 1'700'000'000'000 + second * 1'000);
    kafka.produce(topic("timestamps"), 1, "{}", 1'700'000'004'500 + second * 1'000);
  }
  kafka.flush();
  const std::string job = folder.file("job.yaml", R"(
source: {type: kafka, brokers: ")" + brokers() + R"(", topics: )" +
                                                      topic("timestamps") +
                                                      ", fetch: " + GetParam() + R"(,
         start: {timestamp: 1700000006000}}
format: {type: json, event_time: {from: kafka}}
watermark: {out_of_orderness: 0s}
windows: [{name: w, type: tumbling, size: 1h}]
aggregates: [{as: events, fn: count}]
sinks: [{type: stdout}]
http: {listen: off}
)");
  const RunResult run = run_sluice({"run", job, "--once"});
  EXPECT_EQ(run.code, 0) << run.errors;
  // Seconds 6 to 9 of the first partition, and of the second all from 6.5 on.
  EXPECT_EQ(run.output,
            "{\"pipeline\":\"sluice\",\"window\":\"w\",\"window_start\":1699999200000,"
            "\"window_end\":1700002800000,\"key\":{},\"values\":{\"events\":12},"
            "\"revision\":0}\n");
}

/// Events that --once reads of a topic. @param more options of the source
std::uint64_t events_in(const std::string& brokers, const std::string& topic,
                        const std::string& more) {
  const TempFolder folder;
  const std::string job =
      folder.file("job.yaml", kafka_source(brokers, topic, "start: earliest, " + more) +
                                  "format: {type: json, event_time: {field: t, unit: ms}}\n"
                                  "windows: [{name: w, type: tumbling, size: 1s}]\n"
                                  "aggregates: [{as: events, fn: count}]\n"
                                  "sinks: []\nhttp: {listen: off}\n");
  const std::string stats = folder.path("stats.json");
  const RunResult run = run_sluice({"run", job, "--once", "--stats", stats});
  EXPECT_EQ(run.code, 0) << run.errors;
  return stats_in(stats).at("events_read");
}

TEST_P(RealKafka, ReadsOverTlsWithAPassword) {
  const std::string secured = topic("secured");
  KafkaClient kafka(brokers());
  kafka.create_topic(secured, 2);
  for (int i = 0; i < 1'000; ++i) kafka.produce(secured, i % 2, "{\"t\":1}");
  kafka.flush();
  for (const char* const mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
    EXPECT_EQ(events_in(shared_broker->value("secure_bootstrap"), secured,
                        "fetch: " + GetParam() +
                            ", properties: {security.protocol: sasl_ssl, ssl.ca.location: " +
                            shared_broker->value("ca") + ", sasl.mechanism: " + mechanism +
                            ", sasl.username: me, sasl.password: open-sesame}"),
              1'000u)
        << mechanism;
  }
}

TEST_P(RealKafka, LeavesOutWhatTransactionsTookBack) {
  const std::string mixed = topic("transactions");
  KafkaClient(brokers()).create_topic(mixed, 1);
  Transactions transactions(brokers(), mixed);
  transactions.send(3, Transactions::End::abort);
  transactions.send(5, Transactions::End::commit);
  transactions.send(7, Transactions::End::abort);
  const std::string fetch = "fetch: " + GetParam();

  EXPECT_EQ(events_in(brokers(), mixed, fetch), 5u);
  EXPECT_EQ(
      events_in(brokers(), mixed, fetch + ", properties: {isolation.level: read_uncommitted}"),
      15u);
}

INSTANTIATE_TEST_SUITE_P(Fetch, RealKafka, testing::Values("direct", "librdkafka"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sluice::system_test
