// Topics, partitions and lanes; pausing.
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/source_under_test.hpp"

namespace sluice::kafka_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

using KafkaSourcePartitions = KafkaSourceTest;

TEST_P(KafkaSourcePartitions, SplitsManyPartitionsOverTwoLanes) {
  broker_.create_topic("wide", 5);
  for (std::int32_t partition = 0; partition < 5; ++partition) {
    for (int i = 0; i < 200; ++i) {
      producer_.send("wide", partition, std::to_string(partition) + ":" + std::to_string(i));
    }
  }
  ASSERT_TRUE(producer_.flush(seconds(10)));
  KafkaSettings wide = settings();
  wide.topics = {"wide"};
  wide.lanes = 2;
  wide.once = true;
  const auto source = open(wide);
  ASSERT_EQ(source->lanes(), 2u);
  std::array<std::map<PartitionIndex, Texts>, 2> texts;
  const auto drive = [&](unsigned lane) {
    SourceBlock block = make_block(1 << 16);
    const BlockLimits limits{.max_events = 64, .linger = milliseconds(10)};
    while (source->fill(lane, block, limits, sequence_) != FillResult::finished) {
      for (const Message& message : block.messages) {
        texts[lane][message.partition].emplace_back(block.bytes_of(message));
      }
      block.clear();
    }
  };

  std::thread other(drive, 1);
  drive(0);
  other.join();

  for (unsigned lane = 0; lane < 2; ++lane) {
    for (const auto& [partition, read] : texts[lane]) {
      EXPECT_EQ(source->lane_of(partition), lane);
      ASSERT_EQ(read.size(), 200u);
      const std::string number = std::to_string(source->partitions()[partition].number);
      for (std::size_t i = 0; i < read.size(); ++i) {
        ASSERT_EQ(read[i], number + ":" + std::to_string(i));
      }
    }
  }
  EXPECT_EQ(texts[0].size() + texts[1].size(), 5u);
}

TEST_P(KafkaSourcePartitions, ReadsSeveralTopicsInTheirConfiguredOrder) {
  broker_.create_topic("more", 2);
  KafkaSettings both = settings();
  both.topics = {"more", "events"};
  const auto source = open(both);

  const auto& partitions = source->partitions();

  ASSERT_EQ(partitions.size(), 3u);
  EXPECT_EQ(partitions[0].topic, "more");
  EXPECT_EQ(partitions[1].number, 1);
  EXPECT_EQ(partitions[2].topic, "events");
}

TEST_P(KafkaSourcePartitions, ReadsTheTopicsThatARegexMatches) {
  broker_.create_topic("clicks.de", 1);
  broker_.create_topic("clicks.at", 1);
  broker_.create_topic("old.clicks.de", 1);
  KafkaSettings some = settings();
  some.topics = {"^clicks\\.(de|at)$"};
  const auto source = open(some);

  ASSERT_EQ(source->partitions().size(), 2u);
  EXPECT_EQ(source->partitions()[0].topic, "clicks.at");
  EXPECT_EQ(source->partitions()[1].topic, "clicks.de");

  some.topics = {"^views"};
  EXPECT_THAT(error_of(some), HasSubstr("no topic matches ^views"));
  some.topics = {"^(views"};
  EXPECT_THAT(error_of(some), HasSubstr("^(views is no regex"));
}

TEST_P(KafkaSourcePartitions, ReadsNothingFromAPausedPartitionAndLosesNothing) {
  broker_.create_topic("two", 2);
  const std::array<PartitionIndex, 1> first = {0};
  KafkaSettings two = settings();
  two.topics = {"two"};
  const auto source = open(two);
  send({"a0"}, 0, "two");
  ASSERT_EQ(read(*source, 1), (Texts{"a0"}));

  source->pause(first);
  send({"a1", "a2"}, 0, "two");
  send({"b0", "b1"}, 1, "two");
  EXPECT_EQ(read(*source, 2), (Texts{"b0", "b1"}));

  source->resume(first);
  send({"a3"}, 0, "two");
  EXPECT_EQ(read(*source, 3), (Texts{"a1", "a2", "a3"}));
}

TEST_P(KafkaSourcePartitions, KeepsFetchedMessagesOfAPausedPartitionInOrder) {
  broker_.create_topic("two", 2);
  Texts all;
  for (int i = 0; i < 50; ++i) {
    all.push_back("a" + std::to_string(i));
  }
  send(all, 0, "two");
  KafkaSettings two = settings();
  two.topics = {"two"};
  const auto source = open(two);
  SourceBlock small = make_block(10);
  Texts texts;
  while (texts.empty()) {
    fill(*source, small);
    texts = texts_of(small);
  }

  const std::array<PartitionIndex, 1> first = {0};
  source->pause(first);
  send({"b0"}, 1, "two");
  EXPECT_EQ(read(*source, 1), (Texts{"b0"}));
  source->resume(first);

  const Texts rest = read(*source, all.size() - texts.size());
  texts.insert(texts.end(), rest.begin(), rest.end());
  EXPECT_EQ(texts, all);
}

TEST_P(KafkaSourcePartitions, NamesAnUnknownTopic) {
  KafkaSettings unknown = settings();
  unknown.topics = {"nowhere"};

  EXPECT_THAT(error_of(unknown),
              AllOf(HasSubstr(broker_.bootstrap_servers()), HasSubstr("unknown topic nowhere")));
}

TEST_P(KafkaSourcePartitions, ReadsSmallPartitionsWhileAHugeOneIsNotReadThrough) {
  broker_.create_topic("uneven", 3);
  KafkaProducer producer(broker_.bootstrap_servers(), {{"batch.size", "20000"}});
  constexpr std::size_t huge = 400;
  for (std::size_t i = 0; i < huge; ++i) producer.send("uneven", 0, std::string(10'000, 'x'));
  for (int i = 0; i < 100; ++i) {
    producer.send("uneven", 1, "small");
    producer.send("uneven", 2, "small");
  }
  ASSERT_TRUE(producer.flush(seconds(10)));
  KafkaSettings uneven = settings();
  uneven.topics = {"uneven"};
  uneven.once = true;
  uneven.properties["fetch.message.max.bytes"] = "50000";
  const auto source = open(uneven);

  const Texts texts = read(*source, huge + 200);

  ASSERT_EQ(texts.size(), huge + 200);
  std::size_t of_the_huge = 0;
  std::size_t before_the_last_small = 0;
  for (const Message& message : messages_) {
    of_the_huge += message.partition == 0 ? 1 : 0;
    before_the_last_small = message.partition == 0 ? before_the_last_small : of_the_huge;
  }
  EXPECT_LT(before_the_last_small, huge / 4);
}

TEST_P(KafkaSourcePartitions, ReadsWhatItCanWhileABrokerIsSlow) {
  EmbeddedBroker brokers(2);
  brokers.create_topic("events", 2);
  brokers.lead("events", 0, 1);
  brokers.lead("events", 1, 2);
  KafkaProducer producer(brokers.bootstrap_servers());
  producer.send("events", 0, "a");
  producer.send("events", 1, "b");
  ASSERT_TRUE(producer.flush(seconds(10)));
  KafkaSettings both = settings();
  both.brokers = brokers.bootstrap_servers();
  const auto source = open(both);
  ASSERT_EQ(read(*source, 2).size(), 2u);

  brokers.slow_down(2, milliseconds(15'000));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    producer.send("events", 0, std::to_string(i));
    ASSERT_TRUE(producer.flush(seconds(10)));
    EXPECT_EQ(read(*source, 1), (Texts{std::to_string(i)}));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  brokers.slow_down(2, milliseconds(0));
}

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaSourcePartitions, each_way_to_fetch, name_of_fetch);

}  // namespace
}  // namespace sluice::kafka_test
