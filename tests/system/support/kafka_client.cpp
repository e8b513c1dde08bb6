#include "tests/system/support/kafka_client.hpp"

#include <stdexcept>

#include <librdkafka/rdkafka.h>

#include "ingest/kafka/kafka_handles.hpp"
#include "tests/system/support/poll.hpp"

namespace sluice::system_test {
namespace {

constexpr int patience_ms = 30'000;

using Client = sluice::KafkaClient;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, FreeBy<rd_kafka_NewTopic_destroy>>;

void require(rd_kafka_resp_err_t error, const std::string& what) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  throw std::runtime_error(what + ": " + rd_kafka_err2str(error));
}

KafkaConf make_conf(const std::map<std::string, std::string>& properties) {
  KafkaConf conf(rd_kafka_conf_new());
  char error[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      throw std::runtime_error(error);
    }
  }
  return conf;
}

Client make_client(rd_kafka_type_t type, KafkaConf conf) {
  char error[512];
  Client client(rd_kafka_new(type, conf.get(), error, sizeof error));
  if (!client) throw std::runtime_error(error);
  [[maybe_unused]] rd_kafka_conf_t* const taken = conf.release();  // the client owns it
  return client;
}

void note_failure(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    *static_cast<std::string*>(opaque) = rd_kafka_err2str(message->err);
  }
}

/// Makes a topic and waits until the leaders of its partitions answer.
void create(rd_kafka_t* client, rd_kafka_NewTopic_t* topic, const std::string& name,
            int partitions) {
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_NewTopic_t* topics[] = {topic};
  rd_kafka_CreateTopics(client, topics, 1, nullptr, queue.get());
  const KafkaEvent event(rd_kafka_queue_poll(queue.get(), patience_ms));
  if (!event) throw std::runtime_error("no answer to the creation of topic " + name);
  require(rd_kafka_event_error(event.get()), "topic " + name);
  std::size_t count = 0;
  const rd_kafka_topic_result_t* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    require(rd_kafka_topic_result_error(results[i]), "topic " + name);
  }
  for (int p = 0; p < partitions; ++p) {
    const bool led = eventually([&] {
      std::int64_t low = 0;
      std::int64_t high = 0;
      return rd_kafka_query_watermark_offsets(client, name.c_str(), p, &low, &high, patience_ms) ==
             RD_KAFKA_RESP_ERR_NO_ERROR;
    });
    if (!led) throw std::runtime_error("topic " + name + " gets no leaders");
  }
}

}  // namespace

struct KafkaClient::Handles {
  std::string brokers;
  std::string failure;  ///< of a delivery
  Client producer;
};

KafkaClient::KafkaClient(const std::string& brokers,
                         const std::map<std::string, std::string>& properties)
    : handles_(std::make_unique<Handles>()) {
  handles_->brokers = brokers;
  std::map<std::string, std::string> all{{"bootstrap.servers", brokers}, {"linger.ms", "5"}};
  all.insert(properties.begin(), properties.end());
  KafkaConf conf = make_conf(all);
  rd_kafka_conf_set_opaque(conf.get(), &handles_->failure);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), note_failure);
  handles_->producer = make_client(RD_KAFKA_PRODUCER, std::move(conf));
}

KafkaClient::~KafkaClient() = default;

void KafkaClient::create_topic(const std::string& name, int partitions) {
  char error[512];
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error, sizeof error));
  create(handles_->producer.get(), topic.get(), name, partitions);
}

void KafkaClient::create_topic(const std::string& name,
                               const std::vector<std::vector<std::int32_t>>& replicas) {
  char error[512];
  const int partitions = static_cast<int>(replicas.size());
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), partitions, -1, error, sizeof error));
  for (int p = 0; p < partitions; ++p) {
    std::vector<std::int32_t> brokers = replicas[static_cast<std::size_t>(p)];
    require(rd_kafka_NewTopic_set_replica_assignment(topic.get(), p, brokers.data(), brokers.size(),
                                                     error, sizeof error),
            "replicas of " + name);
  }
  create(handles_->producer.get(), topic.get(), name, partitions);
}

void KafkaClient::produce(const std::string& topic, std::int32_t partition,
                          std::optional<std::string_view> payload, std::int64_t timestamp) {
  rd_kafka_t* const client = handles_->producer.get();
  char* const bytes = payload ? const_cast<char*>(payload->data()) : nullptr;
  const std::size_t length = payload ? payload->size() : 0;
  for (;;) {
    const rd_kafka_resp_err_t error =
        rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(bytes, length),
                          RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return require(error, "message to " + topic);
    rd_kafka_poll(client, 100);
  }
}

void KafkaClient::flush() {
  require(rd_kafka_flush(handles_->producer.get(), patience_ms), "flush");
  if (!handles_->failure.empty()) throw std::runtime_error("not delivered: " + handles_->failure);
}

std::optional<std::int64_t> KafkaClient::committed(const std::string& group,
                                                   const std::string& topic,
                                                   std::int32_t partition) {
  const Client consumer =
      make_client(RD_KAFKA_CONSUMER,
                  make_conf({{"bootstrap.servers", handles_->brokers}, {"group.id", group}}));
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  require(rd_kafka_committed(consumer.get(), list.get(), patience_ms), "committed offsets");
  require(list->elems[0].err, "committed offset");
  const std::int64_t offset = list->elems[0].offset;
  return offset < 0 ? std::nullopt : std::optional(offset);
}

}  // namespace sluice::system_test
