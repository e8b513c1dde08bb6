#include "ingest/kafka/direct/direct_lane.hpp"

#include <algorithm>
#include <utility>

#include "ingest/kafka/core_affinity.hpp"
#include "ingest/kafka/direct/fill_clock.hpp"

namespace sluice {
namespace {

std::vector<std::string> topics_of(const std::vector<AssignedPartition>& assigned) {
  std::vector<std::string> topics;
  for (const AssignedPartition& each : assigned) {
    topics.push_back(each.partition.topic);
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

const TlsContext* address_of(const std::optional<TlsContext>& tls) { return tls ? &*tls : nullptr; }

}  // namespace

DirectLane::DirectLane(DirectSettings settings, const std::vector<AssignedPartition>& assigned,
                       KafkaLog log, std::optional<int> core)
    : settings_(std::move(settings)),
      core_(core),
      partitions_(assigned.size()),
      unfinished_(assigned.size()),
      reports_(settings_.brokers, std::move(log)),
      tls_(settings_.tls ? std::optional<TlsContext>(std::in_place, *settings_.tls) : std::nullopt),
      lookup_(settings_, address_of(tls_), topics_of(assigned), reports_),
      taker_(settings_, reports_) {
  for (std::size_t i = 0; i < assigned.size(); ++i) {
    DirectPartition& partition = partitions_[i];
    partition.begin(assigned[i]);
    partition.ask_offset = assigned[i].partition.start;
    partition.max_bytes = settings_.partition_max_bytes;
  }
}

FillResult DirectLane::fill(SourceBlock& block, const BlockLimits& limits,
                            std::atomic<std::uint64_t>& sequence) {
  if (core_ && !pinned_) {
    pin_to_core(*core_);
    pinned_ = true;
  }
  if (unfinished_ == 0) {
    return FillResult::finished;
  }
  // A block that was filled in vain comes again, with the positions that it has.
  if (block.positions.empty()) {
    ++block_serial_;
  }
  FillingBlock filling{block, limits.max_events, block_serial_};
  apply_pauses();
  filling.finish_empty(partitions_);
  Time now = BrokerSession::Clock::now();
  FillClock clock(now);
  Time deadline = now + limits.linger;
  for (;;) {
    drive(filling, now);
    const bool was_empty = block.messages.empty();
    const bool full = take(filling, now) || needs_fresh_block(filling);
    unfinished_ -= std::exchange(filling.finished_here, 0);
    now = BrokerSession::Clock::now();
    if (was_empty && !block.messages.empty()) {
      deadline = now + limits.linger;
    }
    if (full || unfinished_ == 0 || now >= deadline) {
      // What was lent must not keep a message out for ever that fills a block alone.
      lends_ = !(full && block.messages.empty());
      break;
    }
    const Time asleep = now;
    wait(deadline, now);
    now = BrokerSession::Clock::now();
    clock.slept(now - asleep);
  }
  let_go(filling);
  block.decompress_seconds += clock.cpu_seconds_of(taker_.decompressing(), now);
  return filling.seal(sequence);
}

void DirectLane::apply_pauses() {
  if (!pauses_changed_.exchange(false, std::memory_order_acquire)) {
    return;
  }
  for (DirectPartition& partition : partitions_) {
    const bool wanted = partition.pause_wanted.load(std::memory_order_relaxed);
    if (wanted != partition.paused) {
      partition.paused = wanted;
      partition.rewind();  // what was received ahead is fetched again when it goes on
    }
  }
}

/// Takes what the leaders have sent, each reply of theirs in turn. @returns whether the block is
/// full
bool DirectLane::take(FillingBlock& filling, Time now) {
  for (std::size_t without = 0; without < leaders_.size(); turn_ = (turn_ + 1) % leaders_.size()) {
    Leader& leader = *leaders_[turn_];
    Reply* const reply = leader.oldest();
    if (reply == nullptr) {
      ++without;
      continue;
    }
    without = 0;
    if (!filling.has_room_for(1) || !taker_.take(*reply, filling, now)) {
      return true;
    }
    leader.release();
    drive(leader, filling, now);
  }
  return !filling.has_room_for(1);
}

void DirectLane::drive(FillingBlock& filling, Time now) {
  look_up(now);
  for (const auto& leader : leaders_) {
    drive(*leader, filling, now);
  }
}

void DirectLane::drive(Leader& leader, FillingBlock& filling, Time now) const {
  SourceBlock& block = filling.block;
  // Past the room are the block's padding bytes, which an answer needs as well.
  const std::size_t room = lends_ ? filling.room() + block_padding : 0;
  block.used += leader.drive_into({block.memory.data() + block.used, room}, now);
}

/// Whether a leader's next answer would fit an empty block, but no longer this one.
bool DirectLane::needs_fresh_block(const FillingBlock& filling) const {
  return !filling.block.messages.empty() &&
         std::any_of(leaders_.begin(), leaders_.end(), [&filling](const auto& leader) {
           return leader->wants_room() > filling.room() &&
                  leader->wants_room() <= filling.block.capacity();
         });
}

/// The block goes on its way, or comes back empty.
void DirectLane::let_go(FillingBlock& filling) {
  for (const auto& leader : leaders_) {
    if (leader->move_home()) {
      taker_.reply_moved();
    }
  }
  if (filling.block.messages.empty()) {
    filling.block.used = 0;
  }
}

void DirectLane::look_up(Time now) {
  if (std::any_of(partitions_.begin(), partitions_.end(), [](const DirectPartition& partition) {
        return partition.leader_wanted && !partition.finished;
      })) {
    lookup_.want(now);
  }
  if (const auto metadata = lookup_.drive(now)) {
    learn(*metadata, now);
  }
}

void DirectLane::learn(const Metadata& metadata, Time now) {
  for (const Metadata::Topic& topic : metadata.topics) {
    for (DirectPartition& partition : partitions_) {
      if (partition.topic == topic.name && !partition.finished) {
        learn_partition(partition, topic, metadata, now);
      }
    }
  }
}

void DirectLane::learn_partition(DirectPartition& partition, const Metadata::Topic& topic,
                                 const Metadata& metadata, Time now) {
  if (topic.error == BrokerError::topic_authorization_failed) {
    reports_.fail(partition.place() + ": " + text_of(topic.error));
  }
  const auto told = std::find_if(
      topic.partitions.begin(), topic.partitions.end(),
      [&partition](const auto& candidate) { return candidate.number == partition.number; });
  if (topic.error == BrokerError::unknown_topic_or_partition ||
      (topic.error == BrokerError::none && told == topic.partitions.end())) {
    doubt(partition, text_of(BrokerError::unknown_topic_or_partition), now);
    return;
  }
  if (told == topic.partitions.end()) {
    return;
  }
  if (told->leader_epoch < partition.leader_epoch) {
    doubt(partition, "its leader's epoch went back, as if the topic had been made anew", now);
    return;
  }
  partition.doubted_since.reset();
  const auto broker = std::find_if(
      metadata.brokers.begin(), metadata.brokers.end(),
      [&told](const Metadata::Broker& candidate) { return candidate.id == told->leader; });
  if (broker != metadata.brokers.end()) {
    move_to(partition, *broker, told->leader_epoch);
  }
}

/// The topic was deleted; or this broker has not heard the news yet.
void DirectLane::doubt(DirectPartition& partition, const std::string& why, Time now) {
  partition.doubted_since = partition.doubted_since.value_or(now);
  if (now - *partition.doubted_since >= settings_.unknown_topic_grace) {
    reports_.fail(partition.place() + ": " + why);
  }
  partition.leader_wanted = true;
}

void DirectLane::move_to(DirectPartition& partition, const Metadata::Broker& broker,
                         std::int32_t epoch) {
  Leader& leader = leader_at(broker);
  partition.leader_wanted = false;
  if (partition.leader == &leader && partition.leader_epoch == epoch) {
    return;
  }
  if (partition.leader != &leader) {
    if (partition.leader != nullptr) {
      partition.leader->leave(partition);
    }
    leader.lead(partition);
    partition.leader = &leader;
  }
  partition.log_unchecked = partition.leader_epoch >= 0 && partition.read_epoch >= 0;
  partition.leader_epoch = epoch;
  partition.retry_at = Time{};
  partition.rewind();
}

Leader& DirectLane::leader_at(const Metadata::Broker& broker) {
  for (const auto& leader : leaders_) {
    if (leader->id() == broker.id && leader->address() == broker.address) {
      return *leader;
    }
  }
  leaders_.push_back(
      std::make_unique<Leader>(settings_, address_of(tls_), broker.id, broker.address, reports_));
  return *leaders_.back();
}

void DirectLane::wait(Time until, Time now) {
  polled_.clear();
  until = std::min(until, lookup_.wake_at());
  if (lookup_.descriptor() >= 0) {
    polled_.push_back({lookup_.descriptor(), lookup_.awaited_events(), 0});
  }
  for (const auto& leader : leaders_) {
    until = std::min(until, leader->wake_at(now));
    if (leader->descriptor() >= 0) {
      polled_.push_back({leader->descriptor(), leader->awaited_events(), 0});
    }
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  const int timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  (void)::poll(polled_.data(), polled_.size(), timeout);
}

void DirectLane::set_paused(PartitionIndex partition, bool paused) {
  partition_with(partitions_, partition)->pause_wanted.store(paused, std::memory_order_relaxed);
  pauses_changed_.store(true, std::memory_order_release);
}

void DirectLane::add_to(SourceStatistics& statistics) const {
  for (const DirectPartition& partition : partitions_) {
    const std::int64_t end = partition.log_end.load(std::memory_order_relaxed);
    if (end >= 0) {
      PartitionStatistics& mine = statistics.partitions[partition.index];
      mine.end_offset = end;
      mine.lag = std::max<std::int64_t>(end - partition.next.load(std::memory_order_relaxed), 0);
    }
  }
  statistics.client_errors += reports_.errors.load(std::memory_order_relaxed);
  statistics.fetch_queue_messages += reports_.waiting_messages.load(std::memory_order_relaxed);
  statistics.fetch_queue_bytes += reports_.waiting_bytes.load(std::memory_order_relaxed);
}

}  // namespace sluice
