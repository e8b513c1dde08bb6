#include "tests/system/support/transactions.hpp"

#include <map>
#include <stdexcept>

#include <librdkafka/rdkafka.h>

#include "ingest/kafka/kafka_handles.hpp"

namespace sluice::system_test {
namespace {

constexpr int patience_ms = 30'000;

void require(rd_kafka_error_t* error) {
  const KafkaError owned(error);
  if (owned) throw std::runtime_error(rd_kafka_error_string(owned.get()));
}

}  // namespace

struct Transactions::Producer {
  std::unique_ptr<rd_kafka_t, FreeBy<rd_kafka_destroy>> handle;
};

Transactions::Transactions(const std::string& brokers, const std::string& topic)
    : producer_(std::make_unique<Producer>()), topic_(topic) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"bootstrap.servers", brokers}, {"transactional.id", "of " + topic}}) {
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  }
  producer_->handle.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
  require(rd_kafka_init_transactions(producer_->handle.get(), patience_ms));
}

Transactions::~Transactions() = default;

void Transactions::send(int count, End end) {
  rd_kafka_t* const producer = producer_->handle.get();
  require(rd_kafka_begin_transaction(producer));
  const std::string event = "{\"t\":1}";
  for (int i = 0; i < count; ++i) {
    rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                      RD_KAFKA_V_VALUE(const_cast<char*>(event.data()), event.size()),
                      RD_KAFKA_V_END);
  }
  // An aborted message is in the log only if it was sent before.
  rd_kafka_flush(producer, patience_ms);
  require(end == End::commit ? rd_kafka_commit_transaction(producer, patience_ms)
                             : rd_kafka_abort_transaction(producer, patience_ms));
}

}  // namespace sluice::system_test
