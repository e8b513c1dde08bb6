#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/oracle.hpp"
#include "tests/support/random.hpp"
#include "tests/support/scenario.hpp"
#include "tests/system/support/http.hpp"
#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/kafka_cases.hpp"
#include "tests/system/support/kafka_client.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using oracle::Event;
using oracle::EventKind;
using oracle::Value;

constexpr std::int64_t base = 1'700'000'000'000;
constexpr std::uint32_t partitions = 4;
constexpr const char* small_batches = "engine: {batch_events: 4096, batch_bytes: 1MiB}\n";

/// Sends events one a message.
void produce(KafkaClient& kafka, const std::string& topic, const EventText& text,
             const std::vector<Event>& events) {
  for (const Event& event : events) {
    const auto partition = static_cast<std::int32_t>(event.partition);
    if (event.kind == EventKind::tombstone) {
      kafka.produce(topic, partition, std::nullopt);
    } else {
      kafka.produce(topic, partition, text.text_of(event));
    }
  }
  kafka.flush();
}

oracle::Batch batch_of(std::vector<Event> events) {
  oracle::Batch batch;
  batch.events = std::move(events);
  batch.now = base + 1'000'000'000;
  return batch;
}

std::size_t line_count(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// A shop's day: what the cases read that are not about random jobs.
oracle::Job shop_job() {
  oracle::Job job;
  job.windows = {{.name = "w0", .size = 1'000, .slide = 1'000},
                 {.name = "w1", .size = 3'000, .slide = 1'000}};
  job.columns = {{.type = oracle::ValueType::decimal, .scale = 2},
                 {.type = oracle::ValueType::int64}};
  job.aggregates = {{.as = "a0", .function = oracle::Function::count, .column = {}},
                    {.as = "a1", .function = oracle::Function::sum, .column = 0},
                    {.as = "a2", .function = oracle::Function::max, .column = 1},
                    {.as = "a3", .function = oracle::Function::avg, .column = 1}};
  job.watermark = {.out_of_orderness = 500, .allowed_lateness = 2'000, .max_future = 3'600'000};
  job.partitions = partitions;
  job.started_at = base;
  return job;
}

/// Draws the shop's events, numbering them by partition.
class Shop {
 public:
  explicit Shop(std::uint64_t seed) : random_(seed) {}

  Event at(std::int64_t time, std::uint32_t partition) {
    Event event{.time = time, .partition = partition, .offset = next_[partition]++};
    event.key = {"u" + std::to_string(random_.below(10))};
    event.values = {Value(random_.between(-1'000, 100'000)), Value(random_.between(0, 900))};
    if (random_.chance(5)) event.values[0].reset();
    return event;
  }

  /// Every partition's events from `begin` up to exactly `end`, disordered within the bound.
  std::vector<Event> between(std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t step = 100;
    std::vector<Event> events;
    for (std::int64_t time = begin; time < end; time += step) {
      for (std::uint32_t p = 0; p < partitions; ++p) {
        events.push_back(at(time - random_.between(0, 500), p));
      }
    }
    for (std::uint32_t p = 0; p < partitions; ++p) events.push_back(at(end, p));
    return events;
  }

 private:
  oracle::Random random_;
  std::uint64_t next_[partitions] = {};
};

/// A running job, fed phase by phase, and the oracle, fed the same.
class LiveJob {
 public:
  LiveJob(const Cluster& cluster, std::string topic, Encoding encoding,
          const std::string& compression)
      : topic_(std::move(topic)),
        kafka_(cluster.brokers, {{"compression.codec", compression}}),
        reference_(shop_job()),
        text_(shop_job(), encoding, Shop(1).between(base, base + 1'000)) {
    cluster.create_topic(topic_, partitions);
    const std::string job = folder_.file(
        "job.yaml",
        job_yaml(shop_job(), {.source = kafka_source(cluster.brokers, topic_,
                                                     "start: earliest, fetch: " + cluster.fetch),
                              .format = text_.format_yaml(false),
                              .sinks = "sinks: [{type: stdout}, {type: prometheus}]\n",
                              .engine = small_batches,
                              .http = "http: {listen: \"127.0.0.1:0\"}\n"}));
    program_.emplace(sluice({"run", job, "--stats", folder_.path("stats.json")}));
    address_ = address_of(*program_);
  }

  const std::string& address() const { return address_; }
  std::string errors() const { return program_->errors(); }

  /// Sends events, as one batch of the oracle's, and waits for the rows that they lead to.
  void send(const std::vector<Event>& events) {
    produce(kafka_, topic_, text_, events);
    reference_.feed(batch_of(events));
    const std::size_t rows = reference_.rows().size();
    ASSERT_TRUE(program_->wait_for_output([rows](std::string_view output) {
      return line_count(output) >= rows;
    })) << line_count(program_->output())
        << " rows, expected " << rows << "\n"
        << program_->errors();
  }

  void wait_for_late_events() {
    const auto late = static_cast<double>(reference_.books().of(oracle::Verdict::late));
    EXPECT_TRUE(reaches(address_, "sluice_late_dropped_total", late));
  }

  /// The newest window of each definition is what /metrics shows.
  void expect_newest_windows_on_the_page() {
    std::int64_t ends[] = {0, 0};
    const auto index = [](const oracle::Row& row) { return row.window == "w0" ? 0U : 1U; };
    for (const oracle::Row& row : reference_.rows()) {
      ends[index(row)] = std::max(ends[index(row)], row.end);
    }
    for (const char* window : {"w0", "w1"}) {
      const std::string end = "sluice_window_end_timestamp_seconds{pipeline=\"test\",window=\"" +
                              std::string(window) + "\"}";
      ASSERT_TRUE(reaches(address_, end, static_cast<double>(ends[window[1] - '0']) / 1'000))
          << end;
    }
    const std::string page = http_get(address_ + "/metrics").body;
    for (const oracle::Row& row : reference_.rows()) {
      if (row.end != ends[index(row)]) continue;
      const std::string labels =
          "{pipeline=\"test\",window=\"" + row.window + "\",k0=" + row.key + "}";
      EXPECT_EQ(sample(page, "sluice_result_a0" + labels).value_or(-1),
                static_cast<double>(std::get<std::int64_t>(*row.values[0].value)))
          << labels;
    }
  }

  void stop_and_compare() {
    program_->send(SIGTERM);
    const auto ending = program_->wait();
    ASSERT_TRUE(ending.has_value());
    EXPECT_EQ(ending->code, 0) << program_->errors();
    EXPECT_EQ(
        oracle::differences(shop_job(), reference_.rows(), rows_in(shop_job(), program_->output())),
        "");
    expect_books(reference_.books(), stats_in(folder_.path("stats.json")));
  }

 private:
  TempFolder folder_;
  std::string topic_;
  KafkaClient kafka_;
  oracle::Oracle reference_;
  EventText text_;
  std::optional<Process> program_;
  std::string address_;
};

}  // namespace

void expect_once_gives_the_oracles_rows(const Cluster& cluster, const std::string& topic,
                                        std::uint64_t seed, Encoding encoding,
                                        const std::string& compression) {
  oracle::ScenarioLimits limits;
  limits.beyond_bound = false;
  limits.partitions = partitions;
  oracle::Scenario scenario = oracle::random_scenario(seed, limits);
  oracle::Job& job = scenario.job;
  job.watermark.idle_timeout.reset();
  SCOPED_TRACE(oracle::describe(scenario));
  std::vector<Event> events;
  for (const oracle::Batch& batch : scenario.batches) {
    events.insert(events.end(), batch.events.begin(), batch.events.end());
  }
  const EventText text(job, encoding, events, seed % 2 == 1);
  for (Event& event : events) event = text.carried(std::move(event));
  oracle::Oracle reference(job);
  oracle::Batch all;
  all.events = events;
  all.now = job.started_at;
  reference.feed(all);
  reference.end_of_input();

  KafkaClient kafka(cluster.brokers, {{"compression.codec", compression}});
  cluster.create_topic(topic, static_cast<int>(job.partitions));
  produce(kafka, topic, text, events);
  const TempFolder folder;
  const std::string path = folder.file(
      "job.yaml", job_yaml(job, {.source = kafka_source(cluster.brokers, topic,
                                                        "start: earliest, fetch: " + cluster.fetch),
                                 .format = text.format_yaml(false),
                                 .engine = small_batches}));
  const std::string stats = folder.path("stats.json");
  const RunResult run = run_sluice({"run", path, "--once", "--stats", stats});
  ASSERT_EQ(run.code, 0) << run.errors << content_of(path);
  EXPECT_EQ(oracle::differences(job, reference.rows(), rows_in(job, run.output)), "");
  expect_books(reference.books(), stats_in(stats));
}

void expect_live_job_gives_the_oracles_rows(const Cluster& cluster, const std::string& topic,
                                            Encoding encoding, const std::string& compression) {
  LiveJob job(cluster, topic, encoding, compression);
  ASSERT_FALSE(job.address().empty()) << job.errors();
  Shop shop(11);
  ASSERT_NO_FATAL_FAILURE(job.send(shop.between(base, base + 20'000)));
  ASSERT_NO_FATAL_FAILURE(job.expect_newest_windows_on_the_page());

  // The watermark is at 19.499 s: these have passed,
  ASSERT_NO_FATAL_FAILURE(
      job.send({shop.at(base + 1'000, 0), shop.at(base + 2'500, 1), shop.at(base - 7'000, 3)}));
  job.wait_for_late_events();
  // of these windows some have closed and not passed, some are open,
  for (std::uint32_t partition = 0; partition < 3; ++partition) {
    ASSERT_NO_FATAL_FAILURE(job.send({shop.at(base + 18'200, partition)}));
  }
  // and of this one some have passed.
  ASSERT_NO_FATAL_FAILURE(job.send({shop.at(base + 16'500, 3)}));

  ASSERT_NO_FATAL_FAILURE(job.send(shop.between(base + 20'000, base + 30'000)));
  ASSERT_NO_FATAL_FAILURE(job.expect_newest_windows_on_the_page());
  job.stop_and_compare();
}

}  // namespace sluice::system_test
