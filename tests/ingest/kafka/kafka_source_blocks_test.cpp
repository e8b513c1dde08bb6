// Messages in blocks.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/source_under_test.hpp"

namespace sluice::kafka_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

using KafkaSourceBlocks = KafkaSourceTest;

TEST_P(KafkaSourceBlocks, TellsTombstonesFromEmptyMessages) {
  producer_.send("events", 0, std::nullopt);
  producer_.send("events", 0, "");
  ASSERT_TRUE(producer_.flush(seconds(10)));
  const auto source = open(settings());

  EXPECT_EQ(read(*source, 2), (Texts{"", ""}));
  EXPECT_TRUE(messages_[0].tombstone);
  EXPECT_FALSE(messages_[1].tombstone);
}

TEST_P(KafkaSourceBlocks, StartsTheNextBlockWithAMessageThatDoesNotFit) {
  send({"12345", "67890", "abc"});
  const auto source = open(settings());
  SourceBlock block = make_block(8);
  std::vector<Texts> blocks;
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);

  while (blocks.size() < 2 && std::chrono::steady_clock::now() < deadline) {
    if (fill(*source, block) == FillResult::filled) {
      EXPECT_EQ(block.sequence, blocks.size());
      EXPECT_EQ(block.positions.back().next, block.messages.back().offset + 1);
      blocks.push_back(texts_of(block));
    }
  }

  EXPECT_THAT(blocks, ElementsAre(Texts{"12345"}, Texts{"67890", "abc"}));
}

TEST_P(KafkaSourceBlocks, PutsNoMoreMessagesIntoABlockThanTheLimit) {
  send({"a", "b", "c"});
  const auto source = open(settings());
  SourceBlock block = make_block(100);
  const BlockLimits one{.max_events = 1, .linger = milliseconds(20)};
  Texts texts;
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);

  while (texts.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    if (fill(*source, block, 0, one) == FillResult::filled) {
      ASSERT_EQ(block.messages.size(), 1u);
      texts.push_back(texts_of(block)[0]);
    }
  }

  EXPECT_EQ(texts, (Texts{"a", "b", "c"}));
}

TEST_P(KafkaSourceBlocks, TruncatesAMessageLargerThanABlock) {
  send({"a", std::string(50, 'x'), "b"});
  const auto source = open(settings());
  SourceBlock block = make_block(20);
  std::vector<std::pair<std::string, bool>> read;
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);

  while (read.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    fill(*source, block);
    for (const Message& message : block.messages) {
      read.emplace_back(block.bytes_of(message), message.truncated);
    }
  }

  EXPECT_THAT(read,
              ElementsAre(std::pair(std::string("a"), false), std::pair(std::string(20, 'x'), true),
                          std::pair(std::string("b"), false)));
}

TEST_P(KafkaSourceBlocks, IsIdleAfterTheLingerWhenNothingComes) {
  const auto source = open(settings());
  SourceBlock block = make_block(100);
  const auto begin = std::chrono::steady_clock::now();

  EXPECT_EQ(fill(*source, block), FillResult::idle);

  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(20));
  EXPECT_EQ(sequence_, 0u);
}

TEST_P(KafkaSourceBlocks, ReadsThroughMoreMessagesThanOneCallTakes) {
  Texts all;
  for (int i = 0; i < 25'000; ++i) {
    all.push_back(std::to_string(i));
  }
  send(all);
  KafkaSettings once = settings();
  once.once = true;

  EXPECT_EQ(read_to_the_end(*open(once)), all);
}

TEST_P(KafkaSourceBlocks, FetchesNoFurtherThanTheQueueLimitWhileItIsNotDriven) {
  constexpr std::size_t message_bytes = 200;
  constexpr std::size_t messages = 20'000;
  KafkaProducer small_batches(broker_.bootstrap_servers(), {{"batch.size", "10000"}});
  for (std::size_t i = 0; i < messages; ++i) {
    small_batches.send("events", 0, std::string(message_bytes, 'x'));
  }
  ASSERT_TRUE(small_batches.flush(seconds(10)));
  KafkaSettings limited = settings();
  limited.once = true;
  limited.properties["queued.max.messages.kbytes"] = "64";
  limited.properties["fetch.message.max.bytes"] = "16384";
  const auto source = open(limited);
  ASSERT_FALSE(read(*source, 1).empty());

  const auto deadline = std::chrono::steady_clock::now() + milliseconds(200);
  while (std::chrono::steady_clock::now() < deadline) {
    ASSERT_LT(source->statistics().fetch_queue_messages * message_bytes, 500'000u);
  }
  EXPECT_EQ(messages_.size() + read_to_the_end(*source).size(), messages);
}

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaSourceBlocks, each_way_to_fetch, name_of_fetch);

}  // namespace
}  // namespace sluice::kafka_test
