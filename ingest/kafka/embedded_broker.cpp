#include "ingest/kafka/embedded_broker.hpp"

#include <utility>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "ingest/kafka/kafka_conf.hpp"
#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

using Mock = std::unique_ptr<rd_kafka_mock_cluster_t, FreeBy<rd_kafka_mock_cluster_destroy>>;

void check(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw SourceError("embedded broker: " + what + ": " + rd_kafka_err2str(error));
  }
}

}  // namespace

struct EmbeddedBroker::Cluster {
  int brokers = 0;
  KafkaClient host;  ///< the client whose threads serve the cluster
  Mock mock;
};

EmbeddedBroker::EmbeddedBroker(int brokers) : cluster_(std::make_unique<Cluster>()) {
  KafkaConf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  cluster_->brokers = brokers;
  cluster_->host = make_client(RD_KAFKA_PRODUCER, std::move(conf), "embedded broker");
  cluster_->mock.reset(rd_kafka_mock_cluster_new(cluster_->host.get(), brokers));
  if (!cluster_->mock) {
    throw SourceError("embedded broker: no cluster could be made");
  }
  bootstrap_servers_ = rd_kafka_mock_cluster_bootstraps(cluster_->mock.get());
}

EmbeddedBroker::~EmbeddedBroker() = default;

void EmbeddedBroker::create_topic(const std::string& name, int partitions) {
  check(rd_kafka_mock_topic_create(cluster_->mock.get(), name.c_str(), partitions, 1),
        "creating topic " + name);
}

void EmbeddedBroker::delete_messages(const std::string& topic, std::int32_t partition,
                                     std::int64_t offset) {
  check(rd_kafka_mock_partition_delete_records(cluster_->mock.get(), topic.c_str(), partition,
                                               offset),
        "deleting messages of " + topic);
}

void EmbeddedBroker::lead(const std::string& topic, std::int32_t partition, std::int32_t broker) {
  check(rd_kafka_mock_partition_set_leader(cluster_->mock.get(), topic.c_str(), partition, broker),
        "moving a leader of " + topic);
}

void EmbeddedBroker::slow_down(std::int32_t broker, std::chrono::milliseconds delay) {
  check(rd_kafka_mock_broker_set_rtt(cluster_->mock.get(), broker, static_cast<int>(delay.count())),
        "slowing down");
}

void EmbeddedBroker::stop() {
  for (int broker = 1; broker <= cluster_->brokers; ++broker) {
    check(rd_kafka_mock_broker_set_down(cluster_->mock.get(), broker), "stopping");
  }
}

void EmbeddedBroker::start() {
  for (int broker = 1; broker <= cluster_->brokers; ++broker) {
    check(rd_kafka_mock_broker_set_up(cluster_->mock.get(), broker), "starting");
  }
}

}  // namespace sluice
