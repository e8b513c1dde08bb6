#include "tests/system/support/kafka_cases.hpp"

#include <csignal>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/support/http.hpp"
#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/kafka_client.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/promtool.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Job, topic and messages of the cases about where reading starts.
struct StartCase {
  StartCase(const Cluster& cluster, std::string topic_in, int partition_count)
      : brokers(cluster.brokers),
        fetch("fetch: " + cluster.fetch + ", "),
        topic(std::move(topic_in)),
        kafka(brokers) {
    cluster.create_topic(topic, partition_count);
  }

  void send(int partition, int count, std::int64_t timestamp = 0) {
    for (int i = 0; i < count; ++i) kafka.produce(topic, partition, "{\"t\":1}", timestamp);
    kafka.flush();
  }

  std::string job(const std::string& start) {
    return folder.file("job.yaml",
                       "pipeline: test\n" + kafka_source(brokers, topic, fetch + start) +
                           "format: {type: json, event_time: {field: t, unit: ms}}\n"
                           "windows: [{name: w, type: tumbling, size: 1s}]\n"
                           "aggregates: [{as: events, fn: count}]\nsinks: [{type: stdout}]\n" +
                           "engine: {batch_events: 4096, batch_bytes: 1MiB}\n"
                           "http: {listen: \"127.0.0.1:0\"}\n");
  }

  RunResult once(const std::string& start) {
    return run_sluice({"run", job(start), "--once", "--stats", stats()});
  }

  /// --once from `start`; how many events it read.
  std::uint64_t events_from(const std::string& start) {
    const RunResult result = once(start);
    EXPECT_EQ(result.code, 0) << result.errors;
    return stats_in(stats()).at("events_read");
  }

  std::string stats() const { return folder.path("stats.json"); }

  TempFolder folder;
  std::string brokers;
  std::string fetch;
  std::string topic;
  KafkaClient kafka;
};

}  // namespace

void expect_next_run_goes_on_from_the_committed_offsets(const Cluster& cluster,
                                                        const std::string& topic) {
  StartCase start(cluster, topic, 2);
  const std::string group = topic + "_group";
  const std::string from_commit = "group: " + group + ", start: committed";
  start.send(0, 100);
  start.send(1, 40);
  Process program(sluice({"run", start.job(from_commit), "--stats", start.stats()}));
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  ASSERT_TRUE(reaches(address, "sluice_events_read_total", 140)) << program.errors();
  program.send(SIGTERM);
  const auto ending = program.wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << program.errors();
  EXPECT_EQ(start.kafka.committed(group, topic, 0), 100);
  EXPECT_EQ(start.kafka.committed(group, topic, 1), 40);

  start.send(0, 7);
  EXPECT_EQ(start.events_from(from_commit), 7U);
  EXPECT_EQ(start.kafka.committed(group, topic, 0), 107);
  EXPECT_EQ(start.kafka.committed(group, topic, 1), 40);
  EXPECT_EQ(start.events_from(from_commit), 0U);
}

void expect_start_at_given_offsets(const Cluster& cluster, const std::string& topic) {
  StartCase start(cluster, topic, 2);
  start.send(0, 10);
  start.send(1, 10);
  EXPECT_EQ(start.events_from("start: {offsets: {" + topic + ": {0: 7, 1: 10}}}"), 3U);
  EXPECT_EQ(start.events_from("start: {offsets: {" + topic + ": {0: 10, 1: 10}}}"), 0U);
  const RunResult beyond = start.once("start: {offsets: {" + topic + ": {0: 0, 1: 11}}}");
  EXPECT_EQ(beyond.code, 1);
  EXPECT_THAT(beyond.errors, HasSubstr(topic));
  const RunResult incomplete = start.once("start: {offsets: {" + topic + ": {0: 0}}}");
  EXPECT_NE(incomplete.code, 0);
  EXPECT_THAT(incomplete.errors, HasSubstr(topic));
}

void expect_topics_by_regular_expression(const Cluster& cluster, const std::string& topic) {
  StartCase first(cluster, topic + "_a", 2);
  StartCase second(cluster, topic + "_b", 1);
  const StartCase other(cluster, topic + "_c", 1);
  first.send(0, 3);
  first.send(1, 4);
  second.send(0, 5);
  const std::string job = content_of(first.job("start: earliest"));
  const std::string named = "topics: " + topic + "_a";
  std::string by_expression = job;
  by_expression.replace(job.find(named), named.size(), "topics: [\"^" + topic + "_[ab]$\"]");
  const RunResult run = run_sluice(
      {"run", first.folder.file("job.yaml", by_expression), "--once", "--stats", first.stats()});
  EXPECT_EQ(run.code, 0) << run.errors;
  EXPECT_EQ(stats_in(first.stats()).at("events_read"), 12U);
}

void expect_absent_topics_are_named(const Cluster& cluster, const std::string& topic) {
  StartCase start(cluster, topic, 1);
  const std::string job = content_of(start.job("start: earliest"));
  for (const std::string& absent : {topic + "_absent", "\"^" + topic + "_absent.*\""}) {
    std::string changed = job;
    const std::string named = "topics: " + topic;
    changed.replace(job.find(named), named.size(), "topics: [" + absent + "]");
    const RunResult run = run_sluice({"run", start.folder.file("job.yaml", changed), "--once"});
    EXPECT_EQ(run.code, 1) << run.errors;
    EXPECT_THAT(run.errors, HasSubstr(topic + "_absent"));
  }
}

void expect_a_partition_ahead_waits(const Cluster& cluster, const std::string& topic) {
  constexpr int panes = 70'000;  // more than may live at once
  constexpr int behind = 200'000;
  constexpr int every = 100;
  StartCase start(cluster, topic, 2);
  const auto second = [](int number) { return "{\"t\":" + std::to_string(number * 1'000) + "}"; };
  for (int i = 0; i < panes; ++i) start.kafka.produce(topic, 0, second(i));
  for (int i = 0; i < behind; ++i) start.kafka.produce(topic, 1, second(0));
  for (int i = 0; i < panes; i += every) start.kafka.produce(topic, 1, second(i));
  start.kafka.flush();

  const RunResult run = start.once("start: earliest");

  EXPECT_EQ(run.code, 0) << run.errors;
  const Stats stats = stats_in(start.stats());
  EXPECT_EQ(stats.at("events_accepted"),
            static_cast<std::uint64_t>(panes + behind + panes / every));
  EXPECT_EQ(stats.at("windows_closed"), static_cast<std::uint64_t>(panes));
  EXPECT_TRUE(balances(stats));
}

std::string expect_metrics_that_promtool_accepts(const Cluster& cluster, const std::string& topic) {
  StartCase start(cluster, topic, 3);
  start.send(0, 100);
  start.send(1, 40);
  Process program(sluice({"run", start.job("group: " + topic + ", start: committed")}));
  const std::string address = address_of(program);
  EXPECT_TRUE(reaches(address, "sluice_kafka_committed_offset", 1)) << program.errors();
  const std::string page = http_get(address + "/metrics").body;
  for (const char* name :
       {"sluice_kafka_consumer_lag", "sluice_kafka_end_offset", "sluice_partition_idle",
        "sluice_partition_max_event_timestamp_seconds", "sluice_partition_holds_watermark"}) {
    EXPECT_TRUE(sample(page, name).has_value()) << name;
  }
  std::string findings = promtool_findings(page);
  if (findings.starts_with("SKIPPED")) return findings;
  EXPECT_EQ(findings, "");
  return "";
}

void expect_no_secret_is_shown(const Cluster& cluster, const std::string& topic) {
  const std::string secret = "open-sesame-7731";
  StartCase start(cluster, topic, 1);
  start.send(0, 5);
  const std::string job =
      start.job("start: earliest, properties: {sasl.username: me, sasl.password: " + secret +
                ", ssl.key.password: " + secret + ", debug: conf}");
  EXPECT_THAT(run_sluice({"check", job}).output, Not(HasSubstr(secret)));
  Process program(sluice({"run", job, "--log.level", "debug"}));
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  ASSERT_TRUE(reaches(address, "sluice_events_read_total", 5));
  for (const char* page : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
    EXPECT_THAT(http_get(address + page).body, Not(HasSubstr(secret))) << page;
  }
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait().has_value());
  EXPECT_THAT(program.errors(), Not(HasSubstr(secret)));
  EXPECT_THAT(program.output(), Not(HasSubstr(secret)));

  const RunResult refused =
      start.once("start: earliest, properties: {sasl.pasword: " + secret + "}");
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.errors, HasSubstr("sasl.pasword"));
  EXPECT_THAT(refused.errors, Not(HasSubstr(secret)));
}

}  // namespace sluice::system_test
