#include "host/command/demo.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "host/command/behaviour_job.hpp"
#include "host/command/live_view.hpp"
#include "host/command/result_view.hpp"
#include "host/command/run.hpp"
#include "ingest/generate/event_generator.hpp"
#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/kafka/kafka_producer.hpp"

namespace sluice {
namespace {

constexpr char topic[] = "user_behaviour";
constexpr int partitions = 4;
constexpr std::chrono::milliseconds tick{20};

/// Sends user-behaviour events at a steady rate until told to stop.
class DemoProducer {
 public:
  DemoProducer(const std::string& brokers, std::uint64_t events_per_second)
      : producer_(brokers, {{"compression.codec", "lz4"}, {"linger.ms", "20"}}),
        start_(Clock::system().wall()),
        rate_(events_per_second) {
    GeneratorSettings settings;
    settings.keys = 1'000;
    settings.distribution = KeyDistribution::zipf;
    settings.disorder = 800;
    settings.late_ratio = 0.002;
    settings.malformed_ratio = 0.001;
    settings.events_per_second = events_per_second;
    settings.partitions = partitions;
    for (unsigned p = 0; p < partitions; ++p) generators_.emplace_back(settings, start_, p);
  }

  void run(const std::stop_token& stop) {
    const Clock clock = Clock::system();
    std::uint64_t sent = 0;
    while (!stop.stop_requested()) {
      const auto elapsed = static_cast<std::uint64_t>(clock.wall() - start_);
      for (const std::uint64_t due = elapsed * rate_ / 1'000; sent < due; ++sent) send(sent);
      std::this_thread::sleep_for(tick);
    }
  }

 private:
  void send(std::uint64_t number) {
    const auto partition = static_cast<std::int32_t>(number % partitions);
    event_.clear();
    generators_[static_cast<std::size_t>(partition)].write(event_);
    producer_.send(topic, partition, event_);
  }

  KafkaProducer producer_;
  EventTime start_;
  std::uint64_t rate_;
  std::vector<EventGenerator> generators_;
  std::string event_;
};

void print_summary(const RunSummary& summary) {
  const Books& books = summary.books;
  const auto rate =
      static_cast<std::uint64_t>(static_cast<double>(books.events_read) / summary.seconds);
  std::printf("\n%s events in %.1f s (%s events/s) on the %s backend\n",
              grouped(books.events_read).c_str(), summary.seconds, grouped(rate).c_str(),
              summary.backend.c_str());
  std::printf("%s windows closed with %s rows\n", grouped(books.windows_closed).c_str(),
              grouped(books.rows_emitted).c_str());
  std::printf("%s late events dropped, %s malformed\n", grouped(books.late_dropped).c_str(),
              grouped(books.malformed).c_str());
  std::printf(
      "\nWhere to look next:\n"
      "  sluice config --defaults   every option\n"
      "  sluice check JOB.yaml      the plan of a job of your own; examples/ has some\n"
      "  sluice run JOB.yaml        runs it; %s/metrics is what Prometheus scrapes\n"
      "  README.md, docs/           semantics, metrics, measured figures\n",
      summary.listening.c_str());
}

}  // namespace

Job demo_job(const std::string& brokers, const std::string& topic_name, const std::string& listen) {
  KafkaSettings kafka;
  kafka.brokers = brokers;
  kafka.topics = {topic_name};
  kafka.group = "sluice-demo";
  kafka.start.from = KafkaStart::From::earliest;
  kafka.properties = {{"fetch.wait.max.ms", "10"}};
  Job job = behaviour_job(kafka);
  job.pipeline = "demo";
  job.watermark.idle_timeout = 5'000;
  job.aggregates.push_back({"most", AggregateFunction::max, 0});
  job.aggregates.push_back({"average", AggregateFunction::avg, 0});
  job.sinks = {PrometheusSinkSettings{}};
  job.listen = listen;
  return job;
}

void run_demo(const DemoOptions& options, Logger& logger, std::stop_source stop) {
  EmbeddedBroker broker;
  broker.create_topic(topic, partitions);
  const std::string brokers = broker.bootstrap_servers();
  const Job job = demo_job(brokers, topic, options.listen);

  std::jthread producer([&](const std::stop_token& ended) {
    try {
      DemoProducer(brokers, options.events_per_second).run(ended);
    } catch (const std::exception& error) {
      logger.error(error.what());
      stop.request_stop();
    }
  });
  std::jthread timer;
  if (options.length) {
    timer = std::jthread([&](const std::stop_token& ended) {
      const auto end = std::chrono::steady_clock::now() + *options.length;
      while (!ended.stop_requested() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(tick);
      }
      stop.request_stop();
    });
  }
  std::vector<std::unique_ptr<Sink>> views;
  views.push_back(std::make_unique<ResultView>(job));
  print_summary(run_job(job, {.drain = true}, logger, stop.get_token(), std::move(views)));
}

}  // namespace sluice
