#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "tests/system/support/kafka_cases.hpp"

namespace sluice::system_test {
namespace {

/// The program against the cluster that runs inside this process, fetching in each way.
class MockKafka : public testing::TestWithParam<std::string> {
 protected:
  Cluster cluster() {
    return {.brokers = broker_.bootstrap_servers(),
            .create_topic = [this](const std::string& topic,
                                   int partitions) { broker_.create_topic(topic, partitions); },
            .fetch = GetParam()};
  }

  EmbeddedBroker broker_;
};

TEST_P(MockKafka, GivesTheOraclesRowsOfJsonMessages) {
  for (std::uint64_t seed = 301; seed <= 306 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "json_" + std::to_string(seed), seed,
                                       Encoding::json);
  }
}

TEST_P(MockKafka, GivesTheOraclesRowsOfCsvMessages) {
  for (std::uint64_t seed = 311; seed <= 313 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "csv_" + std::to_string(seed), seed,
                                       Encoding::csv);
  }
}

TEST_P(MockKafka, GivesTheOraclesRowsOfBinaryMessages) {
  for (std::uint64_t seed = 321; seed <= 323 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "binary_" + std::to_string(seed), seed,
                                       Encoding::binary);
  }
}

TEST_P(MockKafka, GivesTheOraclesRowsLiveWithLateEventsAndRevisions) {
  expect_live_job_gives_the_oracles_rows(cluster(), "live", Encoding::json);
}

TEST_P(MockKafka, GoesOnFromTheCommittedOffsets) {
  expect_next_run_goes_on_from_the_committed_offsets(cluster(), "commits");
}

TEST_P(MockKafka, StartsAtGivenOffsets) { expect_start_at_given_offsets(cluster(), "offsets"); }

TEST_P(MockKafka, FindsTopicsByARegularExpression) {
  expect_topics_by_regular_expression(cluster(), "found");
}

TEST_P(MockKafka, EndsWithCode1ForTopicsThatAreNotThere) {
  expect_absent_topics_are_named(cluster(), "topics");
}

TEST_P(MockKafka, MakesAPartitionThatIsFarAheadWait) {
  expect_a_partition_ahead_waits(cluster(), "ahead");
}

TEST_P(MockKafka, ServesMetricsThatPromtoolFindsNothingWrongWith) {
  const std::string skipped = expect_metrics_that_promtool_accepts(cluster(), "metrics");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST_P(MockKafka, ShowsNoSecretOfTheProperties) { expect_no_secret_is_shown(cluster(), "secrets"); }

INSTANTIATE_TEST_SUITE_P(Fetch, MockKafka, testing::Values("direct", "librdkafka"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sluice::system_test
