#include "host/command/kafka/kafka_load.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <string_view>

#include <unistd.h>

#include "ingest/generate/random.hpp"
#include "ingest/generate/text_writer.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t seed = 5;
constexpr std::int64_t start = 1'700'000'000'000;
constexpr std::uint64_t events_a_millisecond = 100;
constexpr std::uint64_t disorder = 1'000;
constexpr std::uint64_t amounts = 10'000;
constexpr std::uint64_t embedded_bytes = 4'500'000;  // a partition holds 5 MB
constexpr std::uint64_t json_bytes = 36;             // of an event, compressed
constexpr std::size_t rows_a_message = 682;
constexpr Milliseconds window = 10'000;

/// A row of a packed message.
struct Row {
  std::int64_t time;
  std::int64_t user;
  std::int64_t amount;
};

std::int64_t time_of(std::uint64_t event, Random& random) {
  return start + static_cast<std::int64_t>(event / events_a_millisecond) -
         static_cast<std::int64_t>(random.below(disorder + 1));
}

FieldPath path_of(const std::string& name) { return {.text = name, .members = {name}}; }

Format format_of(KafkaPayload payload) {
  const bool json = payload == KafkaPayload::json;
  Format format;
  format.type = json ? FormatType::json : FormatType::binary;
  format.event_time.path = path_of("ts");
  format.keys = {{.path = path_of("user_id"),
                  .name = "user_id",
                  .type = json ? KeyType::string : KeyType::int64}};
  ValueField amount;
  amount.path = path_of("amount");
  amount.name = "amount";
  format.values = {amount};
  if (!json) format.binary.layout = {{.name = "ts"}, {.name = "user_id"}, {.name = "amount"}};
  return format;
}

}  // namespace

KafkaLoad::KafkaLoad(const KafkaLoadSettings& settings) : settings_(settings) {
  const bool json = settings.payload == KafkaPayload::json;
  topic_ = std::string("sluice-bench-") + (json ? "json-" : "packed-") +
           std::to_string(settings.keys) + '-' + std::to_string(::getpid());
  if (settings.brokers.empty()) {
    const std::uint64_t a_partition = embedded_bytes / (json ? json_bytes : sizeof(Row));
    partitions_ = std::max(4, static_cast<int>(settings.events / a_partition + 1));
    broker_ = std::make_unique<EmbeddedBroker>();
    brokers_ = broker_->bootstrap_servers();
    broker_->create_topic(topic_, partitions_);
  } else {
    brokers_ = settings.brokers;
  }
  KafkaProducer producer(brokers_, {{"compression.codec", json ? "lz4" : "none"},
                                    {"batch.num.messages", "10000"},
                                    {"linger.ms", "50"}});
  if (!embedded()) producer.create_topic(topic_, partitions_, std::chrono::seconds(10));
  json ? produce_json(producer) : produce_packed(producer);
  if (!producer.flush(std::chrono::minutes(2)) || producer.failed() != 0) {
    throw SourceError("kafka " + brokers_ + ": filling " + topic_ + ": " + producer.last_failure());
  }
}

void KafkaLoad::produce_json(KafkaProducer& producer) {
  Random random(seed, 0);
  std::array<char, 160> event{};
  for (std::uint64_t i = 0; i < settings_.events; ++i) {
    TextWriter text(event.data());
    text << R"({"user_id":"u)" << random.below(settings_.keys) << R"(","amount":)"
         << random.below(amounts) << R"(,"ts":)" << time_of(i, random) << R"(,"ok":true})";
    const auto length = static_cast<std::size_t>(text.at() - event.data());
    producer.send(topic_, static_cast<std::int32_t>(i % static_cast<std::uint64_t>(partitions_)),
                  std::string_view(event.data(), length));
  }
}

void KafkaLoad::produce_packed(KafkaProducer& producer) {
  Random random(seed, 0);
  std::array<Row, rows_a_message> rows{};
  std::array<char, sizeof rows> message{};
  std::int32_t partition = 0;
  for (std::uint64_t i = 0; i < settings_.events;) {
    const std::size_t count = std::min<std::uint64_t>(rows_a_message, settings_.events - i);
    for (std::size_t r = 0; r < count; ++r, ++i) {
      rows[r] = {time_of(i, random), static_cast<std::int64_t>(random.below(settings_.keys)),
                 static_cast<std::int64_t>(random.below(amounts))};
    }
    std::memcpy(message.data(), rows.data(), count * sizeof(Row));
    producer.send(topic_, partition, std::string_view(message.data(), count * sizeof(Row)));
    partition = (partition + 1) % partitions_;
  }
}

KafkaSettings KafkaLoad::source(KafkaFetch fetch) const {
  KafkaSettings source;
  source.brokers = brokers_;
  source.topics = {topic_};
  source.start.from = KafkaStart::From::earliest;
  source.once = true;
  source.fetch = fetch;
  // The embedded broker answers an empty fetch only after this time.
  source.properties["fetch.wait.max.ms"] = embedded() ? "10" : "100";
  return source;
}

Job KafkaLoad::job(KafkaFetch fetch, Milliseconds slide) const {
  Job job;
  job.pipeline = "bench";
  job.source = source(fetch);
  job.format = format_of(settings_.payload);
  job.watermark.out_of_orderness = static_cast<Milliseconds>(disorder);
  job.watermark.max_future.reset();
  job.windows = {{"w", {.size = window, .slide = slide}}};
  job.aggregates = {{"events", AggregateFunction::count, {}},
                    {"total", AggregateFunction::sum, 0},
                    {"least", AggregateFunction::min, 0},
                    {"most", AggregateFunction::max, 0}};
  job.listen.clear();
  return job;
}

}  // namespace sluice
