#include "ingest/kafka/kafka_commits.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

#include "ingest/kafka/kafka_conf.hpp"

namespace sluice {
namespace {

constexpr auto longest_close = std::chrono::seconds(5);
constexpr int poll_ms = 10;

KafkaSettings without_statistics(KafkaSettings settings) {
  settings.properties["statistics.interval.ms"] = "0";
  return settings;
}

}  // namespace

KafkaCommits::KafkaCommits(const KafkaSettings& settings, std::vector<PartitionName> partitions,
                           KafkaLog log)
    : partitions_(std::move(partitions)), reports_(std::move(log)), committed_(partitions_.size()) {
  KafkaConf conf = consumer_conf(without_statistics(settings));
  reports_.listen(conf.get());
  client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf), "kafka " + settings.brokers);
  results_.reset(rd_kafka_queue_new(client_.get()));
}

KafkaCommits::~KafkaCommits() {
  const auto deadline = std::chrono::steady_clock::now() + longest_close;
  while (under_way_ > 0 && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_queue_poll_callback(results_.get(), poll_ms);
  }
}

void KafkaCommits::commit(std::span<const PartitionOffset> offsets) {
  if (offsets.empty()) {
    return;
  }
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const PartitionOffset& offset : offsets) {
    const PartitionName& partition = partitions_[offset.partition];
    rd_kafka_topic_partition_t* const entry =
        rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number);
    entry->offset = offset.next;
  }
  ++under_way_;
  const rd_kafka_resp_err_t error = rd_kafka_commit_queue(
      client_.get(), list.get(), results_.get(),
      [](rd_kafka_t*, rd_kafka_resp_err_t result, rd_kafka_topic_partition_list_t* committed,
         void* self) { static_cast<KafkaCommits*>(self)->take_result(result, committed); },
      this);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    take_result(error, nullptr);
  }
  rd_kafka_queue_poll_callback(results_.get(), 0);
}

void KafkaCommits::take_result(rd_kafka_resp_err_t error,
                               const rd_kafka_topic_partition_list_t* offsets) {
  --under_way_;
  reports_.note_commit(error);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || offsets == nullptr) {
    return;
  }
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < offsets->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = offsets->elems[i];
    for (std::size_t p = 0; p < partitions_.size(); ++p) {
      if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && partitions_[p].number == entry.partition &&
          partitions_[p].topic == entry.topic) {
        committed_[p] = entry.offset;
      }
    }
  }
}

void KafkaCommits::add_to(SourceStatistics& statistics) const {
  while (rd_kafka_queue_poll_callback(results_.get(), 0) > 0) {
  }
  statistics.client_errors += reports_.errors();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < committed_.size(); ++i) {
    statistics.partitions[i].committed_offset = committed_[i];
  }
}

}  // namespace sluice
