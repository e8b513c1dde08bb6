#include "ingest/kafka/kafka_commits.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/kafka/kafka_partitions.hpp"
#include "ingest/kafka/kafka_producer.hpp"

namespace sluice {
namespace {

class KafkaCommitsTest : public testing::Test {
 protected:
  KafkaCommitsTest() {
    broker_.create_topic("events", 2);
    KafkaProducer producer(broker_.bootstrap_servers());
    for (int i = 0; i < 10; ++i) {
      producer.send("events", 0, "a");
      producer.send("events", 1, "b");
    }
    EXPECT_TRUE(producer.flush(std::chrono::seconds(10)));
  }

  KafkaSettings settings(const std::string& group) const {
    KafkaSettings settings;
    settings.brokers = broker_.bootstrap_servers();
    settings.topics = {"events"};
    settings.group = group;
    settings.start.from = KafkaStart::From::committed;
    settings.properties["reconnect.backoff.ms"] = "10";
    settings.properties["reconnect.backoff.max.ms"] = "50";
    return settings;
  }

  /// Where a job of this group would start.
  std::vector<std::int64_t> starts(const std::string& group) const {
    std::vector<std::int64_t> starts;
    for (const KafkaPartition& partition : find_partitions(settings(group))) {
      starts.push_back(partition.start);
    }
    return starts;
  }

  static SourceStatistics statistics_of(const KafkaCommits& commits) {
    SourceStatistics statistics;
    statistics.partitions.resize(2);
    commits.add_to(statistics);
    return statistics;
  }

  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const std::vector<PartitionName> partitions_{{"events", 0}, {"events", 1}};
  EmbeddedBroker broker_;
};

TEST_F(KafkaCommitsTest, AreWhereTheNextJobOfTheGroupStarts) {
  {
    KafkaCommits commits(settings("mine"), partitions_, {});
    const std::array<PartitionOffset, 2> offsets = {{{0, 3}, {1, 7}}};
    commits.commit(offsets);
  }

  EXPECT_THAT(starts("mine"), testing::ElementsAre(3, 7));
  EXPECT_THAT(starts("another"), testing::ElementsAre(0, 0));
}

TEST_F(KafkaCommitsTest, LeaveOtherPartitionsAsTheyWere) {
  {
    KafkaCommits commits(settings("mine"), partitions_, {});
    commits.commit(std::array<PartitionOffset, 2>{{{0, 3}, {1, 7}}});
    commits.commit(std::array<PartitionOffset, 1>{{{1, 9}}});
    commits.commit({});
  }

  EXPECT_THAT(starts("mine"), testing::ElementsAre(3, 9));
}

TEST_F(KafkaCommitsTest, AreReportedOnceTheBrokerHasThem) {
  KafkaCommits commits(settings("mine"), partitions_, {});
  EXPECT_EQ(statistics_of(commits).partitions[0].committed_offset, std::nullopt);

  commits.commit(std::array<PartitionOffset, 1>{{{1, 4}}});

  EXPECT_TRUE(eventually(
      [&commits] { return statistics_of(commits).partitions[1].committed_offset == 4; }));
  EXPECT_EQ(statistics_of(commits).partitions[0].committed_offset, std::nullopt);
  EXPECT_EQ(statistics_of(commits).client_errors, 0u);
}

TEST_F(KafkaCommitsTest, DoNotKeepAJobFromEndingWhileTheBrokerIsAway) {
  const auto begin = std::chrono::steady_clock::now();
  {
    KafkaCommits commits(settings("mine"), partitions_, {});
    broker_.stop();
    commits.commit(std::array<PartitionOffset, 1>{{{0, 4}}});
  }

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
  broker_.start();
  EXPECT_THAT(starts("mine"), testing::ElementsAre(testing::AnyOf(0, 4), 0));
}

}  // namespace
}  // namespace sluice
