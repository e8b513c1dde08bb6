#include "ingest/kafka/kafka_producer.hpp"

#include <array>
#include <unordered_map>
#include <utility>

#include "ingest/kafka/kafka_conf.hpp"
#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

constexpr int room_wait_ms = 10;
constexpr std::uint64_t sends_between_polls = 1'024;

}  // namespace

struct KafkaProducer::Client {
  std::string brokers;
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::string last_failure;
  KafkaClient handle;
  std::unordered_map<std::string, KafkaTopic> topics;

  rd_kafka_topic_t* topic(const std::string& name) {
    KafkaTopic& topic = topics[name];
    if (!topic) {
      topic.reset(rd_kafka_topic_new(handle.get(), name.c_str(), nullptr));
    }
    return topic.get();
  }

  void note(const rd_kafka_message_t& report) {
    if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++delivered;
    } else {
      ++failed;
      last_failure = rd_kafka_err2str(report.err);
    }
  }
};

KafkaProducer::KafkaProducer(const std::string& brokers,
                             const std::map<std::string, std::string>& properties)
    : client_(std::make_unique<Client>()) {
  std::map<std::string, std::string> all = {{"linger.ms", "5"},
                                            {"queue.buffering.max.messages", "1000000"}};
  for (const auto& [name, value] : properties) {
    all[name] = value;
  }
  all["bootstrap.servers"] = brokers;
  KafkaConf conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      throw SourceError("kafka producer: property " + name + " is refused");
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  rd_kafka_conf_set_opaque(conf.get(), client_.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(),
                              [](rd_kafka_t*, const rd_kafka_message_t* report, void* client) {
                                static_cast<Client*>(client)->note(*report);
                              });
  client_->brokers = brokers;
  client_->handle = make_client(RD_KAFKA_PRODUCER, std::move(conf), "kafka producer " + brokers);
}

KafkaProducer::~KafkaProducer() = default;

void KafkaProducer::create_topic(const std::string& name, int partitions,
                                 std::chrono::milliseconds timeout) {
  using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, FreeBy<rd_kafka_NewTopic_destroy>>;
  rd_kafka_t* const client = client_->handle.get();
  const int wait = static_cast<int>(timeout.count());
  const KafkaAdminOptions options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), wait, nullptr, 0);
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0));
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_NewTopic_t* asked = topic.get();
  rd_kafka_CreateTopics(client, &asked, 1, options.get(), queue.get());
  const KafkaEvent event(rd_kafka_queue_poll(queue.get(), wait));
  std::string problem = event ? "" : "no answer";
  if (event && rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    problem = rd_kafka_event_error_string(event.get());
  } else if (event) {
    std::size_t count = 0;
    const auto** const results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count == 1 && rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      problem = rd_kafka_topic_result_error_string(results[0]);
    }
  }
  if (!problem.empty()) {
    throw SourceError("kafka producer " + client_->brokers + ": creating topic " + name + ": " +
                      problem);
  }
}

void KafkaProducer::send(const std::string& topic, std::int32_t partition,
                         std::optional<std::string_view> payload) {
  const std::string_view bytes = payload.value_or(std::string_view());
  // An empty message is not a tombstone, so its address must not be null.
  void* const data = payload ? const_cast<char*>(bytes.empty() ? "" : bytes.data()) : nullptr;
  while (rd_kafka_produce(client_->topic(topic), partition, RD_KAFKA_MSG_F_COPY, data, bytes.size(),
                          nullptr, 0, nullptr) != 0) {
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      throw SourceError("kafka producer " + client_->brokers + ": " + topic + ": " +
                        rd_kafka_err2str(error));
    }
    rd_kafka_poll(client_->handle.get(), room_wait_ms);
  }
  if (++client_->sent % sends_between_polls == 0) {
    rd_kafka_poll(client_->handle.get(), 0);
  }
}

bool KafkaProducer::flush(std::chrono::milliseconds timeout) {
  return rd_kafka_flush(client_->handle.get(), static_cast<int>(timeout.count())) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::uint64_t KafkaProducer::delivered() const noexcept { return client_->delivered; }
std::uint64_t KafkaProducer::failed() const noexcept { return client_->failed; }
const std::string& KafkaProducer::last_failure() const noexcept { return client_->last_failure; }

}  // namespace sluice
