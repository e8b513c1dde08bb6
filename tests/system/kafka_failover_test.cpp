// A cluster of three real brokers, two of which are killed while a job reads from them.
#include <csignal>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/kafka_client.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/service.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

constexpr int messages_a_round = 2'000;  // of a partition

/// Broker 1 counts the votes; 2 and 3 hold the topic.
class KafkaFailover : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    first_ = std::make_unique<Service>("kafka_broker.sh", folder_.path("1"));
    if (first_->skipped()) GTEST_SKIP() << first_->reason();
    ASSERT_TRUE(first_->running()) << first_->reason();
    second_ = start("2");
    third_ = start("3");
    ASSERT_TRUE(second_->running()) << second_->reason();
    ASSERT_TRUE(third_->running()) << third_->reason();
  }

  std::unique_ptr<Service> start(const std::string& number) {
    return std::make_unique<Service>("kafka_broker.sh", folder_.path(number),
                                     std::vector{folder_.path("1"), number});
  }
  static void kill_now(const Service& broker) { ::kill(std::stoi(broker.value("pid")), SIGKILL); }

  /// Every event has a key of its own, so that one that is lost or doubled shows.
  std::string job() const {
    return folder_.file("job.yaml",
                        "pipeline: test\n" +
                            kafka_source(first_->value("bootstrap"), topic_,
                                         "start: earliest, fetch: " + GetParam()) +
                            "format: {type: json, event_time: {field: t, unit: ms}, key: k}\n"
                            "watermark: {out_of_orderness: 0s, idle_timeout: off}\n"
                            "windows: [{name: w, type: tumbling, size: 1h}]\n"
                            "aggregates: [{as: events, fn: count}]\nsinks: [{type: stdout}]\n"
                            "engine: {batch_events: 4096, batch_bytes: 1MiB}\n"
                            "http: {listen: \"127.0.0.1:0\"}\n");
  }

  void send_round(KafkaClient& kafka) {
    for (int i = 0; i < messages_a_round; ++i) {
      for (const int partition : {0, 1}) {
        kafka.produce(topic_, partition, "{\"t\":1,\"k\":" + std::to_string(sent_++) + "}");
      }
    }
    kafka.flush();
  }

  const std::string topic_ = "failover";
  TempFolder folder_;
  std::unique_ptr<Service> first_;
  std::unique_ptr<Service> second_;
  std::unique_ptr<Service> third_;
  int sent_ = 0;
};

TEST_P(KafkaFailover, LosesAndDoublesNothingWhenLeadersAreKilled) {
  KafkaClient kafka(first_->value("bootstrap"), {{"enable.idempotence", "true"}});
  kafka.create_topic(topic_, {{2, 3}, {3, 2}});
  Process program(sluice({"run", job()}));
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  send_round(kafka);
  ASSERT_TRUE(reaches(address, "sluice_events_accepted_total", sent_)) << program.errors();

  kill_now(*second_);  // broker 3 leads both partitions now
  send_round(kafka);
  ASSERT_TRUE(reaches(address, "sluice_events_accepted_total", sent_)) << program.errors();

  kill_now(*third_);  // nobody leads them, until it is there again, on another port
  third_.reset();
  third_ = start("3");
  ASSERT_TRUE(third_->running()) << third_->reason();
  send_round(kafka);
  ASSERT_TRUE(reaches(address, "sluice_events_accepted_total", sent_)) << program.errors();

  for (const int partition : {0, 1}) kafka.produce(topic_, partition, "{\"t\":7200000,\"k\":-1}");
  kafka.flush();
  ASSERT_TRUE(reaches(address, "sluice_rows_emitted_total", sent_)) << program.errors();
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait().has_value());

  const std::vector<std::string> rows = lines_of(program.output());
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(sent_));
  std::set<std::string> keys;
  for (const std::string& row : rows) {
    EXPECT_NE(row.find("\"values\":{\"events\":1}"), std::string::npos) << row;
    keys.insert(row.substr(row.find("\"key\"")));
  }
  EXPECT_EQ(keys.size(), static_cast<std::size_t>(sent_));
}

INSTANTIATE_TEST_SUITE_P(Fetch, KafkaFailover, testing::Values("direct", "librdkafka"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sluice::system_test
