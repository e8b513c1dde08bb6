#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "tests/system/support/kafka_cases.hpp"

namespace sluice::system_test {
namespace {

/// The program against the cluster that runs inside this process.
class MockKafka : public testing::Test {
 protected:
  Cluster cluster() {
    return {.brokers = broker_.bootstrap_servers(),
            .create_topic = [this](const std::string& topic, int partitions) {
              broker_.create_topic(topic, partitions);
            }};
  }

  EmbeddedBroker broker_;
};

TEST_F(MockKafka, GivesTheOraclesRowsOfJsonMessages) {
  for (std::uint64_t seed = 301; seed <= 306 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "json_" + std::to_string(seed), seed,
                                       Encoding::json);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsOfCsvMessages) {
  for (std::uint64_t seed = 311; seed <= 313 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "csv_" + std::to_string(seed), seed,
                                       Encoding::csv);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsOfBinaryMessages) {
  for (std::uint64_t seed = 321; seed <= 323 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(cluster(), "binary_" + std::to_string(seed), seed,
                                       Encoding::binary);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsLiveWithLateEventsAndRevisions) {
  expect_live_job_gives_the_oracles_rows(cluster(), "live", Encoding::json);
}

TEST_F(MockKafka, GoesOnFromTheCommittedOffsets) {
  expect_next_run_goes_on_from_the_committed_offsets(cluster(), "commits");
}

TEST_F(MockKafka, StartsAtGivenOffsets) { expect_start_at_given_offsets(cluster(), "offsets"); }

TEST_F(MockKafka, FindsTopicsByARegularExpression) {
  expect_topics_by_regular_expression(cluster(), "found");
}

TEST_F(MockKafka, EndsWithCode1ForTopicsThatAreNotThere) {
  expect_absent_topics_are_named(cluster(), "topics");
}

TEST_F(MockKafka, ServesMetricsThatPromtoolFindsNothingWrongWith) {
  const std::string skipped = expect_metrics_that_promtool_accepts(cluster(), "metrics");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST_F(MockKafka, ShowsNoSecretOfTheProperties) { expect_no_secret_is_shown(cluster(), "secrets"); }

}  // namespace
}  // namespace sluice::system_test
