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
  const std::string& brokers() const { return broker_.bootstrap_servers(); }

  EmbeddedBroker broker_;
};

TEST_F(MockKafka, GivesTheOraclesRowsOfJsonMessages) {
  for (std::uint64_t seed = 301; seed <= 306 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(brokers(), "json_" + std::to_string(seed), seed,
                                       Encoding::json);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsOfCsvMessages) {
  for (std::uint64_t seed = 311; seed <= 313 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(brokers(), "csv_" + std::to_string(seed), seed,
                                       Encoding::csv);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsOfBinaryMessages) {
  for (std::uint64_t seed = 321; seed <= 323 && !HasFailure(); ++seed) {
    expect_once_gives_the_oracles_rows(brokers(), "binary_" + std::to_string(seed), seed,
                                       Encoding::binary);
  }
}

TEST_F(MockKafka, GivesTheOraclesRowsLiveWithLateEventsAndRevisions) {
  expect_live_job_gives_the_oracles_rows(brokers(), "live", Encoding::json);
}

TEST_F(MockKafka, GoesOnFromTheCommittedOffsets) {
  expect_next_run_goes_on_from_the_committed_offsets(brokers(), "commits");
}

TEST_F(MockKafka, StartsAtGivenOffsets) { expect_start_at_given_offsets(brokers(), "offsets"); }

TEST_F(MockKafka, FindsTopicsByARegularExpression) {
  expect_topics_by_regular_expression(brokers(), "found");
}

TEST_F(MockKafka, ShowsNoSecretOfTheProperties) {
  expect_no_secret_is_shown(brokers(), "secrets");
}

}  // namespace
}  // namespace sluice::system_test
