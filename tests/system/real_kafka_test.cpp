#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/system/support/kafka_cases.hpp"
#include "tests/system/support/kafka_client.hpp"
#include "tests/system/support/service.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

/// One real broker for all tests of this program.
class RealKafka : public testing::Test {
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
    return {.brokers = brokers(), .create_topic = [](const std::string& topic, int partitions) {
              KafkaClient(brokers()).create_topic(topic, partitions);
            }};
  }

  inline static std::unique_ptr<TempFolder> shared_folder;
  inline static std::unique_ptr<Service> shared_broker;
};

TEST_F(RealKafka, GivesTheOraclesRowsOfALiveJsonStream) {
  expect_live_job_gives_the_oracles_rows(cluster(), "live_json", Encoding::json, "lz4");
}

TEST_F(RealKafka, GivesTheOraclesRowsOfALiveCsvStream) {
  expect_live_job_gives_the_oracles_rows(cluster(), "live_csv", Encoding::csv);
}

TEST_F(RealKafka, GivesTheOraclesRowsOfWhatATopicHolds) {
  expect_once_gives_the_oracles_rows(cluster(), "once_json", 401, Encoding::json, "lz4");
  expect_once_gives_the_oracles_rows(cluster(), "once_csv", 402, Encoding::csv, "zstd");
  expect_once_gives_the_oracles_rows(cluster(), "once_binary", 403, Encoding::binary, "gzip");
}

TEST_F(RealKafka, GoesOnFromTheCommittedOffsets) {
  expect_next_run_goes_on_from_the_committed_offsets(cluster(), "commits");
}

TEST_F(RealKafka, StartsAtGivenOffsets) { expect_start_at_given_offsets(cluster(), "offsets"); }

TEST_F(RealKafka, FindsTopicsByARegularExpression) {
  expect_topics_by_regular_expression(cluster(), "found");
}

TEST_F(RealKafka, EndsWithCode1ForTopicsThatAreNotThere) {
  expect_absent_topics_are_named(cluster(), "topics");
}

TEST_F(RealKafka, StartsAtATimestampAndTakesEventTimesFromTheMessages) {
  const TempFolder folder;
  KafkaClient kafka(brokers());
  kafka.create_topic("timestamps", 2);
  for (std::int64_t second = 0; second < 10; ++second) {
    kafka.produce("timestamps", 0, "{}", 1'700'000'000'000 + second * 1'000);
    kafka.produce("timestamps", 1, "{}", 1'700'000'004'500 + second * 1'000);
  }
  kafka.flush();
  const std::string job = folder.file("job.yaml", R"(
source: {type: kafka, brokers: ")" + brokers() + R"(", topics: timestamps,
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

}  // namespace
}  // namespace sluice::system_test
