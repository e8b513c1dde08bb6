#include "ingest/kafka/kafka_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/kafka/kafka_producer.hpp"
#include "tests/ingest/blocks.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using testing_blocks::make_block;
using testing_blocks::texts_of;

using Texts = std::vector<std::string>;

/// Whoever fetches, the messages are the same.
class KafkaSourceTest : public testing::TestWithParam<KafkaFetch> {
 protected:
  KafkaSourceTest() { broker_.create_topic("events", 1); }

  KafkaSettings settings(KafkaStart::From from = KafkaStart::From::earliest) const {
    KafkaSettings settings;
    settings.brokers = broker_.bootstrap_servers();
    settings.topics = {"events"};
    settings.start.from = from;
    settings.lanes = 1;
    settings.fetch = GetParam();
    // The embedded broker answers an empty fetch only after this time.
    settings.properties["fetch.wait.max.ms"] = "10";
    settings.properties["reconnect.backoff.ms"] = "10";
    settings.properties["reconnect.backoff.max.ms"] = "50";
    return settings;
  }

  std::unique_ptr<Source> open(const KafkaSettings& settings) {
    return make_kafka_source(settings, [this](const std::string& line) {
      const std::lock_guard lock(log_mutex_);
      log_.push_back(line);
    });
  }

  Texts log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }

  void send(const Texts& payloads, std::int32_t partition = 0,
            const std::string& topic = "events") {
    for (const std::string& payload : payloads) {
      producer_.send(topic, partition, payload);
    }
    ASSERT_TRUE(producer_.flush(seconds(10)));
  }

  FillResult fill(Source& source, SourceBlock& block, unsigned lane = 0,
                  const BlockLimits& limits = {.max_events = 10'000, .linger = milliseconds(20)}) {
    block.clear();
    return source.fill(lane, block, limits, sequence_);
  }

  /// Payloads of at least `count` messages, in order.
  Texts read(Source& source, std::size_t count) {
    Texts texts;
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (texts.size() < count && std::chrono::steady_clock::now() < deadline) {
      fill(source, block);
      messages_.insert(messages_.end(), block.messages.begin(), block.messages.end());
      const Texts more = texts_of(block);
      texts.insert(texts.end(), more.begin(), more.end());
    }
    return texts;
  }

  /// Payloads until the lane is finished.
  Texts read_to_the_end(Source& source, unsigned lane = 0) {
    Texts texts;
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (fill(source, block, lane) == FillResult::finished) {
        return texts;
      }
      finished_.insert(finished_.end(), block.finished.begin(), block.finished.end());
      positions_.insert(positions_.end(), block.positions.begin(), block.positions.end());
      const Texts more = texts_of(block);
      texts.insert(texts.end(), more.begin(), more.end());
    }
    ADD_FAILURE() << "the source does not finish";
    return texts;
  }

  std::string error_of(const KafkaSettings& settings) {
    try {
      open(settings);
    } catch (const SourceError& error) {
      return error.what();
    }
    return "no error";
  }

  /// Drives the source until a condition holds.
  void drive_until(Source& source, const std::function<bool()>& condition) {
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition never holds";
      fill(source, block);
    }
  }

  EmbeddedBroker broker_;
  KafkaProducer producer_{broker_.bootstrap_servers()};
  std::atomic<std::uint64_t> sequence_{0};
  std::vector<Message> messages_;
  std::vector<PartitionIndex> finished_;
  std::vector<PartitionOffset> positions_;
  std::mutex log_mutex_;
  Texts log_;
};

TEST_P(KafkaSourceTest, ReadsATopicFromTheEarliestMessageOn) {
  send({"a", "b"});
  const auto source = open(settings());

  EXPECT_EQ(read(*source, 2), (Texts{"a", "b"}));
  send({"c"});
  EXPECT_EQ(read(*source, 1), (Texts{"c"}));
  EXPECT_EQ(messages_[2].offset, 2);
  EXPECT_GT(messages_[2].timestamp, 1'600'000'000'000);
}

TEST_P(KafkaSourceTest, ReadsOnlyWhatComesAfterTheLatestMessage) {
  send({"a", "b"});
  const auto source = open(settings(KafkaStart::From::latest));

  send({"c"});

  EXPECT_EQ(read(*source, 1), (Texts{"c"}));
}

TEST_P(KafkaSourceTest, ReadsFromGivenOffsets) {
  send({"a", "b", "c"});
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 1;
  const auto source = open(given);

  EXPECT_EQ(read(*source, 2), (Texts{"b", "c"}));
}

TEST_P(KafkaSourceTest, RefusesGivenOffsetsThatLeaveAPartitionOut) {
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][7] = 1;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: source.start.offsets names no offset for it"));
}

TEST_P(KafkaSourceTest, RefusesAStartBeyondTheEndOfTheLog) {
  send({"a", "b"});
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 3;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: start offset 3 is beyond the log's end, 2"));
}

TEST_P(KafkaSourceTest, RefusesAStartBeforeTheBeginningOfTheLog) {
  send({"a", "b", "c"});
  broker_.delete_messages("events", 0, 2);
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 1;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: start offset 1 is gone: the log begins at 2"));
}

TEST_P(KafkaSourceTest, GoesOnFromWhatWasCommittedAndOtherwiseFromTheEarliestMessage) {
  send({"a", "b", "c"});
  KafkaSettings committed = settings(KafkaStart::From::committed);
  committed.group = "sluice-test";
  {
    const auto source = open(committed);
    ASSERT_EQ(read(*source, 3), (Texts{"a", "b", "c"}));
    const std::array<PartitionOffset, 1> offsets = {{{0, 2}}};
    source->commit(offsets);
  }

  const auto source = open(committed);

  EXPECT_EQ(read(*source, 1), (Texts{"c"}));
}

TEST_P(KafkaSourceTest, CommitsNothingWithoutAGroup) {
  send({"a"});
  {
    const auto source = open(settings());
    read(*source, 1);
    const std::array<PartitionOffset, 1> offsets = {{{0, 1}}};
    source->commit(offsets);
    EXPECT_EQ(source->statistics().client_errors, 0u);
  }

  EXPECT_EQ(read(*open(settings(KafkaStart::From::committed)), 1), (Texts{"a"}));
}

TEST_P(KafkaSourceTest, ReadsOnceUpToTheEndSeenAtTheStart) {
  send({"a", "b"});
  KafkaSettings once = settings();
  once.once = true;
  const auto source = open(once);
  send({"c"});

  EXPECT_EQ(read_to_the_end(*source), (Texts{"a", "b"}));
  EXPECT_THAT(finished_, ElementsAre(0));
  EXPECT_EQ(positions_.back(), (PartitionOffset{0, 2}));
}

TEST_P(KafkaSourceTest, FinishesAtOnceWhenThereIsNothingToReadOnce) {
  KafkaSettings once = settings();
  once.once = true;
  broker_.create_topic("empty", 2);
  once.topics = {"empty"};

  EXPECT_THAT(read_to_the_end(*open(once)), IsEmpty());
  EXPECT_THAT(finished_, UnorderedElementsAre(0, 1));
}

TEST_P(KafkaSourceTest, ReadsOncePastAGapAtTheBeginningOfTheLog) {
  send({"a", "b", "c"});
  broker_.delete_messages("events", 0, 1);
  KafkaSettings once = settings();
  once.once = true;

  EXPECT_EQ(read_to_the_end(*open(once)), (Texts{"b", "c"}));
}

TEST_P(KafkaSourceTest, ReadsOncePastTheMarkOfATransactionAtTheEndOfTheLog) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, nullptr);
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"bootstrap.servers", broker_.bootstrap_servers()}, {"transactional.id", "test"}}) {
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  }
  const std::unique_ptr<rd_kafka_t, FreeBy<rd_kafka_destroy>> producer(
      rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
  ASSERT_EQ(rd_kafka_init_transactions(producer.get(), 10'000), nullptr);
  ASSERT_EQ(rd_kafka_begin_transaction(producer.get()), nullptr);
  ASSERT_EQ(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC("events"), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE(const_cast<char*>("a"), 1), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_commit_transaction(producer.get(), 10'000), nullptr);
  KafkaSettings once = settings();
  once.once = true;
  once.properties["check.crcs"] = "false";  // the embedded broker's marks have no checksum

  EXPECT_EQ(read_to_the_end(*open(once)), (Texts{"a"}));
  EXPECT_EQ(positions_.back(), (PartitionOffset{0, 2})) << "the mark has an offset of its own";
}

TEST_P(KafkaSourceTest, SplitsManyPartitionsOverTwoLanes) {
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

TEST_P(KafkaSourceTest, ReadsSeveralTopicsInTheirConfiguredOrder) {
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

TEST_P(KafkaSourceTest, ReadsTheTopicsThatARegexMatches) {
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

TEST_P(KafkaSourceTest, TellsTombstonesFromEmptyMessages) {
  producer_.send("events", 0, std::nullopt);
  producer_.send("events", 0, "");
  ASSERT_TRUE(producer_.flush(seconds(10)));
  const auto source = open(settings());

  EXPECT_EQ(read(*source, 2), (Texts{"", ""}));
  EXPECT_TRUE(messages_[0].tombstone);
  EXPECT_FALSE(messages_[1].tombstone);
}

TEST_P(KafkaSourceTest, StartsTheNextBlockWithAMessageThatDoesNotFit) {
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

TEST_P(KafkaSourceTest, PutsNoMoreMessagesIntoABlockThanTheLimit) {
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

TEST_P(KafkaSourceTest, TruncatesAMessageLargerThanABlock) {
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

TEST_P(KafkaSourceTest, IsIdleAfterTheLingerWhenNothingComes) {
  const auto source = open(settings());
  SourceBlock block = make_block(100);
  const auto begin = std::chrono::steady_clock::now();

  EXPECT_EQ(fill(*source, block), FillResult::idle);

  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(20));
  EXPECT_EQ(sequence_, 0u);
}

TEST_P(KafkaSourceTest, ReadsNothingFromAPausedPartitionAndLosesNothing) {
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

TEST_P(KafkaSourceTest, KeepsFetchedMessagesOfAPausedPartitionInOrder) {
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

TEST_P(KafkaSourceTest, NamesAnUnknownTopic) {
  KafkaSettings unknown = settings();
  unknown.topics = {"nowhere"};

  EXPECT_THAT(error_of(unknown),
              AllOf(HasSubstr(broker_.bootstrap_servers()), HasSubstr("unknown topic nowhere")));
}

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

TEST_P(KafkaSourceTest, ReadsThroughMoreMessagesThanOneCallTakes) {
  Texts all;
  for (int i = 0; i < 25'000; ++i) {
    all.push_back(std::to_string(i));
  }
  send(all);
  KafkaSettings once = settings();
  once.once = true;

  EXPECT_EQ(read_to_the_end(*open(once)), all);
}

TEST_P(KafkaSourceTest, FetchesNoFurtherThanTheQueueLimitWhileItIsNotDriven) {
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

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaSourceTest,
                         testing::Values(KafkaFetch::direct, KafkaFetch::librdkafka),
                         [](const auto& each) {
                           return each.param == KafkaFetch::direct ? "direct" : "librdkafka";
                         });

}  // namespace
}  // namespace sluice
