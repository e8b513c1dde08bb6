#include "bench/kafka_load.hpp"

#include <chrono>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include <sys/resource.h>
#include <unistd.h>

#include "ingest/generate/random.hpp"
#include "ingest/generate/text_writer.hpp"
#include "ingest/kafka/kafka_producer.hpp"

namespace sluice::bench {
namespace {

constexpr std::uint64_t seed = 5;
constexpr std::int64_t start = 1'700'000'000'000;
constexpr std::uint64_t events_a_millisecond = 100;
constexpr std::uint64_t disorder = 1'000;
constexpr std::uint64_t events_a_partition = 125'000;  // embedded: below 5 MB compressed
constexpr int partitions_of_a_broker = 4;
constexpr std::uint64_t events_embedded = 4'000'000;
constexpr std::uint64_t events_on_a_broker = 20'000'000;  // so many that the start counts little

}  // namespace

KafkaLoad::KafkaLoad(std::uint64_t events, std::uint64_t keys) : events_(events) {
  topic_ = "sluice-bench-" + std::to_string(keys) + '-' + std::to_string(::getpid());
  if (const char* const named = std::getenv("SLUICE_BENCH_KAFKA")) {
    brokers_ = named;
    partitions_ = partitions_of_a_broker;
  } else {
    broker_ = std::make_unique<EmbeddedBroker>();
    brokers_ = broker_->bootstrap_servers();
    partitions_ = static_cast<int>((events + events_a_partition - 1) / events_a_partition);
    broker_->create_topic(topic_, partitions_);
  }
  produce(keys);
}

void KafkaLoad::produce(std::uint64_t keys) {
  KafkaProducer producer(
      brokers_,
      {{"compression.codec", "lz4"}, {"batch.num.messages", "10000"}, {"linger.ms", "50"}});
  if (!embedded()) {
    producer.create_topic(topic_, partitions_, std::chrono::seconds(30));
  }
  Random random(seed, 0);
  std::string event(160, '\0');
  for (std::uint64_t i = 0; i < events_; ++i) {
    TextWriter text(event.data());
    text << R"({"user_id":"u)" << random.below(keys) << R"(","amount":)" << random.below(10'000)
         << R"(,"ts":)"
         << start + static_cast<std::int64_t>(i / events_a_millisecond) -
                static_cast<std::int64_t>(random.below(disorder + 1))
         << R"(,"ok":true})";
    const auto length = static_cast<std::size_t>(text.at() - event.data());
    producer.send(topic_, static_cast<std::int32_t>(i % static_cast<std::uint64_t>(partitions_)),
                  std::string_view(event.data(), length));
  }
  if (!producer.flush(std::chrono::minutes(2)) || producer.failed() != 0) {
    throw std::runtime_error("filling " + topic_ + ": " + producer.last_failure());
  }
}

const KafkaLoad& kafka_load(std::uint64_t keys) {
  static std::map<std::uint64_t, KafkaLoad> loads;
  const bool embedded = std::getenv("SLUICE_BENCH_KAFKA") == nullptr;
  return loads.try_emplace(keys, embedded ? events_embedded : events_on_a_broker, keys)
      .first->second;
}

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace sluice::bench
