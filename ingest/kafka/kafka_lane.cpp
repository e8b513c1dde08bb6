#include "ingest/kafka/kafka_lane.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ingest/kafka/core_affinity.hpp"
#include "ingest/kafka/kafka_conf.hpp"

namespace sluice {
namespace {

constexpr std::size_t messages_a_call = 1'000;  // the fastest of 1...10,000: one lock a message
constexpr auto longest_wait = std::chrono::milliseconds(10);
constexpr auto longest_close = std::chrono::seconds(5);

/// Errors of a partition that do not pass by themselves.
bool ends_the_source(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__FATAL:
      return true;
    default:
      return false;
  }
}

KafkaPartitionList list_of_one(const std::string& topic, std::int32_t number) {
  KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number);
  return list;
}

}  // namespace

KafkaLane::KafkaLane(const KafkaSettings& settings, std::vector<AssignedPartition> assigned,
                     KafkaLog log, std::optional<int> core)
    : brokers_(settings.brokers),
      commits_(!settings.group.empty()),
      core_(core),
      partitions_(assigned.size()),
      unfinished_(assigned.size()),
      reports_(std::move(log)) {
  for (std::size_t i = 0; i < assigned.size(); ++i) {
    partitions_[i].begin(assigned[i]);
  }
  KafkaConf conf = consumer_conf(settings);
  committed_only_ = reads_committed(*conf);
  reports_.listen(conf.get());

  std::optional<PinnedScope> pinned;
  if (core_) {
    pinned.emplace(*core_);  // the client's threads are started here, and stay where they start
  }
  client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf), "kafka " + settings.brokers);
  rd_kafka_poll_set_consumer(client_.get());
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  assign_partitions();
}

KafkaLane::~KafkaLane() {
  for (rd_kafka_message_t* const message : fetched_) {
    if (message != nullptr) {
      rd_kafka_message_destroy(message);
    }
  }
  if (commit_sent_) {
    close_after_commits();
  }
}

void KafkaLane::assign_partitions() {
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (const LanePartition& partition : partitions_) {
    if (!partition.end || partition.next < *partition.end) {
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)
          ->offset = partition.next;
    }
  }
  const rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(std::string("assigning partitions: ") + rd_kafka_err2str(error));
  }
}

FillResult KafkaLane::fill(SourceBlock& block, const BlockLimits& limits,
                           std::atomic<std::uint64_t>& sequence) {
  if (core_ && !pinned_) {
    pin_to_core(*core_);
    pinned_ = true;
  }
  if (unfinished_ == 0) {
    return FillResult::finished;
  }
  if (block.positions.empty()) {
    ++block_serial_;
  }
  FillingBlock filling{block, limits.max_events, block_serial_};
  apply_pauses();
  filling.finish_empty(partitions_);  // which were never assigned
  bool full = take_fetched(filling);
  Clock::time_point deadline = Clock::now() + limits.linger;
  while (!full && filling.finished_here < unfinished_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      break;
    }
    const bool was_empty = block.messages.empty();
    fetch(std::min<std::chrono::milliseconds>(left, longest_wait));
    full = take_fetched(filling);
    if (was_empty && !block.messages.empty()) {
      deadline = Clock::now() + limits.linger;
    }
  }
  unfinished_ -= filling.finished_here;
  return filling.seal(sequence);
}

void KafkaLane::apply_pauses() {
  if (!pauses_changed_.exchange(false, std::memory_order_acquire)) {
    return;
  }
  for (LanePartition& partition : partitions_) {
    const bool wanted = partition.pause_wanted.load(std::memory_order_relaxed);
    if (wanted == partition.paused || partition.finished) {
      continue;
    }
    partition.paused = wanted;
    const KafkaPartitionList list = list_of_one(partition.topic, partition.number);
    if (wanted) {
      rd_kafka_pause_partitions(client_.get(), list.get());
    } else {
      rd_kafka_resume_partitions(client_.get(), list.get());
    }
  }
}

void KafkaLane::fetch(std::chrono::milliseconds timeout) {
  const std::size_t kept = fetched_.size();
  fetched_.resize(kept + messages_a_call);
  const ssize_t count = rd_kafka_consume_batch_queue(
      queue_.get(), static_cast<int>(timeout.count()), fetched_.data() + kept, messages_a_call);
  fetched_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (const std::string error = reports_.fatal_error(); !error.empty()) {
    fail(error);
  }
}

/// Moves messages into the block; keeps those that do not fit and those of paused partitions.
/// @returns whether the block is full
bool KafkaLane::take_fetched(FillingBlock& filling) {
  std::size_t kept = 0;
  bool full = !filling.has_room_for(1);
  for (std::size_t i = 0; i < fetched_.size(); ++i) {
    const Taken taken = full ? Taken::kept : take(*fetched_[i], filling);
    rd_kafka_message_t* const message = std::exchange(fetched_[i], nullptr);
    if (taken == Taken::yes) {
      rd_kafka_message_destroy(message);
      full = !filling.has_room_for(1);
    } else {
      fetched_[kept++] = message;
      full = full || taken == Taken::no_room;
    }
  }
  fetched_.resize(kept);
  return full;
}

KafkaLane::Taken KafkaLane::take(const rd_kafka_message_t& fetched, FillingBlock& filling) {
  if (fetched.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const LanePartition* const of = partition_of(fetched);
    if (fetched.err == RD_KAFKA_RESP_ERR__PARTITION_EOF && of != nullptr && of->paused) {
      return Taken::kept;  // the end comes after the messages kept before it
    }
    take_error(fetched, filling);
    return Taken::yes;
  }
  LanePartition& partition = *partition_of(fetched);
  if (partition.finished) {
    return Taken::yes;
  }
  if (partition.paused) {
    return Taken::kept;
  }
  if (partition.end && fetched.offset >= *partition.end) {
    passed(partition, *partition.end, filling);
    return Taken::yes;
  }
  return take_payload(fetched, partition, filling);
}

KafkaLane::Taken KafkaLane::take_payload(const rd_kafka_message_t& fetched,
                                         LanePartition& partition, FillingBlock& filling) {
  SourceBlock& block = filling.block;
  const std::size_t room = filling.room();
  const bool truncated = fetched.len > block.capacity();
  if (fetched.len > room && !(truncated && block.used == 0)) {
    return Taken::no_room;
  }
  const std::size_t length = std::min(fetched.len, room);
  Message& message = block.messages.emplace_back();
  message.begin = static_cast<std::uint32_t>(block.used);
  message.length = static_cast<std::uint32_t>(length);
  message.tombstone = fetched.payload == nullptr;
  message.truncated = truncated;
  message.partition = partition.index;
  message.offset = fetched.offset;
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(&fetched, &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && timestamp != -1) {
    message.timestamp = timestamp;
  }
  if (length != 0) {
    std::memcpy(block.memory.data() + block.used, fetched.payload, length);
    block.used += length;
  }
  passed(partition, fetched.offset + 1, filling);
  return Taken::yes;
}

void KafkaLane::take_error(const rd_kafka_message_t& fetched, FillingBlock& filling) {
  LanePartition* const partition = partition_of(fetched);
  if (partition != nullptr && fetched.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (!partition->finished && partition->end && fetched.offset >= *partition->end) {
      passed(*partition, *partition->end, filling);
    }
    return;
  }
  if (ends_the_source(fetched.err)) {
    std::string place = fetched.rkt == nullptr ? "" : rd_kafka_topic_name(fetched.rkt);
    if (partition != nullptr) {
      place += '[' + std::to_string(partition->number) + "] at offset " +
               std::to_string(partition->next);
    }
    fail(place + ": " + rd_kafka_message_errstr(&fetched));
  }
  reports_.note_error();
}

void KafkaLane::passed(LanePartition& partition, std::int64_t next, FillingBlock& filling) {
  filling.passed(partition, next);
  if (partition.finished) {
    const KafkaPartitionList list = list_of_one(partition.topic, partition.number);
    rd_kafka_pause_partitions(client_.get(), list.get());
  }
}

/// Null for an error that is of no partition of ours.
LanePartition* KafkaLane::partition_of(const rd_kafka_message_t& fetched) {
  if (fetched.rkt == nullptr || fetched.partition < 0) {
    return nullptr;
  }
  if (fetched.rkt == last_topic_ && fetched.partition == last_partition_->number) {
    return last_partition_;
  }
  std::vector<LanePartition*>& of_topic = by_topic_[fetched.rkt];
  const auto number = static_cast<std::size_t>(fetched.partition);
  if (number >= of_topic.size()) {
    of_topic.resize(number + 1);
  }
  if (of_topic[number] == nullptr) {
    const std::string name = rd_kafka_topic_name(fetched.rkt);
    const auto found = std::find_if(
        partitions_.begin(), partitions_.end(), [&name, &fetched](const LanePartition& partition) {
          return partition.number == fetched.partition && partition.topic == name;
        });
    if (found == partitions_.end()) {
      return nullptr;
    }
    of_topic[number] = &*found;
  }
  last_topic_ = fetched.rkt;
  last_partition_ = of_topic[number];
  return last_partition_;
}

void KafkaLane::fail(const std::string& what) const {
  throw SourceError("kafka " + brokers_ + ": " + what);
}

void KafkaLane::set_paused(PartitionIndex partition, bool paused) {
  partition_with(partitions_, partition)->pause_wanted.store(paused, std::memory_order_relaxed);
  pauses_changed_.store(true, std::memory_order_release);
}

void KafkaLane::commit(std::span<const PartitionOffset> offsets) {
  if (!commits_) {
    return;
  }
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const PartitionOffset& offset : offsets) {
    if (const LanePartition* const partition = partition_with(partitions_, offset.partition)) {
      rd_kafka_topic_partition_list_add(list.get(), partition->topic.c_str(), partition->number)
          ->offset = offset.next;
    }
  }
  if (list->cnt == 0) {
    return;
  }
  commit_sent_ = true;
  reports_.note_commit(rd_kafka_commit(client_.get(), list.get(), 1));
}

/// The commits under way are sent before the client goes, unless the brokers do not answer.
void KafkaLane::close_after_commits() {
  rd_kafka_assign(client_.get(), nullptr);
  const KafkaQueue closing(rd_kafka_queue_new(client_.get()));
  const KafkaError refused(rd_kafka_consumer_close_queue(client_.get(), closing.get()));
  const Clock::time_point deadline = Clock::now() + longest_close;
  while (!refused && rd_kafka_consumer_closed(client_.get()) == 0 && Clock::now() < deadline) {
    const KafkaEvent event(
        rd_kafka_queue_poll(closing.get(), static_cast<int>(longest_wait.count())));
  }
}

void KafkaLane::add_to(SourceStatistics& statistics) const {
  const KafkaStatistics latest = reports_.statistics();
  for (const LanePartition& partition : partitions_) {
    PartitionStatistics& mine = statistics.partitions[partition.index];
    const auto found = latest.partitions.find({partition.topic, partition.number});
    if (found == latest.partitions.end()) {
      continue;
    }
    const KafkaStatistics::Partition& reported = found->second;
    mine.committed_offset = reported.committed_offset;
    mine.end_offset = committed_only_ ? reported.last_stable_offset : reported.high_offset;
    if (mine.end_offset) {
      mine.lag = std::max<std::int64_t>(*mine.end_offset - partition.next, 0);
    }
  }
  statistics.client_errors += reports_.errors();
  statistics.fetch_queue_messages += rd_kafka_queue_length(queue_.get());
  statistics.fetch_queue_bytes += latest.fetch_queue_bytes;
}

}  // namespace sluice
