// Where a source starts and ends.
#include <array>
#include <map>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/kafka_handles.hpp"
#include "tests/ingest/kafka/source_under_test.hpp"

namespace sluice::kafka_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using KafkaSourceStart = KafkaSourceTest;

TEST_P(KafkaSourceStart, ReadsATopicFromTheEarliestMessageOn) {
  send({"a", "b"});
  const auto source = open(settings());

  EXPECT_EQ(read(*source, 2), (Texts{"a", "b"}));
  send({"c"});
  EXPECT_EQ(read(*source, 1), (Texts{"c"}));
  EXPECT_EQ(messages_[2].offset, 2);
  EXPECT_GT(messages_[2].timestamp, 1'600'000'000'000);
}

TEST_P(KafkaSourceStart, ReadsOnlyWhatComesAfterTheLatestMessage) {
  send({"a", "b"});
  const auto source = open(settings(KafkaStart::From::latest));

  send({"c"});

  EXPECT_EQ(read(*source, 1), (Texts{"c"}));
}

TEST_P(KafkaSourceStart, ReadsFromGivenOffsets) {
  send({"a", "b", "c"});
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 1;
  const auto source = open(given);

  EXPECT_EQ(read(*source, 2), (Texts{"b", "c"}));
}

TEST_P(KafkaSourceStart, RefusesGivenOffsetsThatLeaveAPartitionOut) {
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][7] = 1;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: source.start.offsets names no offset for it"));
}

TEST_P(KafkaSourceStart, RefusesAStartBeyondTheEndOfTheLog) {
  send({"a", "b"});
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 3;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: start offset 3 is beyond the log's end, 2"));
}

TEST_P(KafkaSourceStart, RefusesAStartBeforeTheBeginningOfTheLog) {
  send({"a", "b", "c"});
  broker_.delete_messages("events", 0, 2);
  KafkaSettings given = settings(KafkaStart::From::offsets);
  given.start.offsets["events"][0] = 1;

  EXPECT_THAT(error_of(given), HasSubstr("events[0]: start offset 1 is gone: the log begins at 2"));
}

TEST_P(KafkaSourceStart, GoesOnFromWhatWasCommittedAndOtherwiseFromTheEarliestMessage) {
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

TEST_P(KafkaSourceStart, CommitsNothingWithoutAGroup) {
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

TEST_P(KafkaSourceStart, ReadsOnceUpToTheEndSeenAtTheStart) {
  send({"a", "b"});
  KafkaSettings once = settings();
  once.once = true;
  const auto source = open(once);
  send({"c"});

  EXPECT_EQ(read_to_the_end(*source), (Texts{"a", "b"}));
  EXPECT_THAT(finished_, ElementsAre(0));
  EXPECT_EQ(positions_.back(), (PartitionOffset{0, 2}));
}

TEST_P(KafkaSourceStart, FinishesAtOnceWhenThereIsNothingToReadOnce) {
  KafkaSettings once = settings();
  once.once = true;
  broker_.create_topic("empty", 2);
  once.topics = {"empty"};

  EXPECT_THAT(read_to_the_end(*open(once)), IsEmpty());
  EXPECT_THAT(finished_, UnorderedElementsAre(0, 1));
}

TEST_P(KafkaSourceStart, ReadsOncePastAGapAtTheBeginningOfTheLog) {
  send({"a", "b", "c"});
  broker_.delete_messages("events", 0, 1);
  KafkaSettings once = settings();
  once.once = true;

  EXPECT_EQ(read_to_the_end(*open(once)), (Texts{"b", "c"}));
}

TEST_P(KafkaSourceStart, ReadsOncePastTheMarkOfATransactionAtTheEndOfTheLog) {
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

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaSourceStart, each_way_to_fetch, name_of_fetch);

}  // namespace
}  // namespace sluice::kafka_test
