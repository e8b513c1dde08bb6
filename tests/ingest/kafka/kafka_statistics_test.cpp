#include "ingest/kafka/kafka_statistics.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(KafkaStatistics, AreReadByTopicAndPartition) {
  const auto statistics = parse_kafka_statistics(R"({"name":"x","topics":{"a.b":{"partitions":{
      "0":{"partition":0,"fetchq_size":700,"committed_offset":5,"hi_offset":10,"ls_offset":9},
      "12":{"partition":12,"fetchq_size":700,"committed_offset":-1001,"hi_offset":-1001},
      "-1":{"partition":-1,"hi_offset":3}}}}})");

  ASSERT_TRUE(statistics.has_value());
  ASSERT_EQ(statistics->partitions.size(), 2u);
  const auto& first = statistics->partitions.at({"a.b", 0});
  EXPECT_EQ(first.committed_offset, 5);
  EXPECT_EQ(first.high_offset, 10);
  EXPECT_EQ(first.last_stable_offset, 9);
  const auto& second = statistics->partitions.at({"a.b", 12});
  EXPECT_EQ(second.committed_offset, std::nullopt);
  EXPECT_EQ(second.high_offset, std::nullopt);
  EXPECT_EQ(second.last_stable_offset, std::nullopt);
  EXPECT_EQ(statistics->fetch_queue_bytes, 700u) << "all partitions report the one queue";
}

TEST(KafkaStatistics, ThatCannotBeReadAreLeftOut) {
  EXPECT_EQ(parse_kafka_statistics("{"), std::nullopt);
  EXPECT_EQ(parse_kafka_statistics("{}"), std::nullopt);
  EXPECT_EQ(parse_kafka_statistics(""), std::nullopt);
}

}  // namespace
}  // namespace sluice
