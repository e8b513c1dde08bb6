#include <algorithm>
#include <limits>

#include "ingest/kafka/direct/leader.hpp"
#include "ingest/kafka/direct/wire_batch.hpp"

// What a leader's answers mean for its partitions.

namespace sluice {
namespace {

constexpr std::chrono::milliseconds longest_throttle{60'000};

}  // namespace

void spoil(DirectPartition& partition, const std::string& what, const DirectSettings& settings,
           DirectReports& reports, BrokerSession::Time now) {
  if (++partition.spoilt >= most_attempts) {
    reports.fail(partition.place() + ": " + what);
  }
  reports.trouble(partition.place() + ": " + what + "; fetching it again");
  partition.rewind();
  partition.retry_at = now + settings.error_backoff;
}

void Leader::take_answer(Time now) {
  const bool good = asked_epochs_ ? take_epochs(now) : take_messages(now);
  if (!good) {
    reports_.trouble(session_.break_off("its answer is torn", now));
    look_for_leaders();
    return;
  }
  session_.done();
}

bool Leader::take_epochs(Time now) {
  if (!read_epoch_answer(session_.answer(), epoch_ends_)) {
    return false;
  }
  next_asked_ = 0;
  for (const EpochEnd& end : epoch_ends_) {
    const Asked* const asked = asked_for(end.topic, end.number);
    if (asked == nullptr || asked->generation != asked->partition->generation) {
      continue;
    }
    DirectPartition& partition = *asked->partition;
    if (end.error != BrokerError::none) {
      put_off(partition, end.error, now);
    } else if (end.epoch < 0 || end.end_offset < asked->offset) {
      reports_.fail(partition.place() + ": the log was cut off by an unclean election" +
                    (end.epoch < 0 ? "" : ", it now ends at " + std::to_string(end.end_offset)));
    } else {
      partition.log_unchecked = false;
    }
  }
  return true;
}

bool Leader::take_messages(Time now) {
  overfull_ = 0;
  Reply& reply = next_reply();
  if (!read_fetch_answer(session_.answer(), version_, reply.answer)) {
    return false;
  }
  const auto throttle = std::chrono::milliseconds(std::max(reply.answer.throttle_ms, 0));
  not_before_ = now + std::min(throttle, longest_throttle);
  if (reply.answer.error != BrokerError::none) {
    reports_.trouble(text_of(address()) + ": " + text_of(reply.answer.error));
    not_before_ = now + settings_.error_backoff;
    return true;
  }
  reply.parts.clear();
  reply.part = 0;
  reply.messages = 0;
  next_asked_ = 0;
  plain_bytes_ = 0;
  for (const FetchAnswer::Partition& answered : reply.answer.partitions) {
    take_partition(answered, reply, now);
  }
  if (!reply.parts.empty()) {
    move_answered_back();
    last_bytes_ = reply.buffer.bytes().size();
    plain_ = 2 * plain_bytes_ > last_bytes_;
    reports_.waiting_bytes.fetch_add(reply.buffer.bytes().size(), std::memory_order_relaxed);
    reports_.waiting_messages.fetch_add(reply.messages, std::memory_order_relaxed);
    ++waiting_;
  }
  return true;
}

void Leader::take_partition(const FetchAnswer::Partition& answered, Reply& reply, Time now) {
  const Asked* const asked = asked_for(answered.topic, answered.number);
  if (asked == nullptr || asked->generation != asked->partition->generation) {
    return;
  }
  DirectPartition& partition = *asked->partition;
  if (answered.error != BrokerError::none) {
    put_off(partition, answered.error, now);
    return;
  }
  const bool stable = settings_.limits.committed_only && answered.last_stable_offset >= 0;
  partition.log_end.store(stable ? answered.last_stable_offset : answered.high_watermark,
                          std::memory_order_relaxed);
  const std::size_t size = whole_batches(answered, *asked, reply, now);
  if (size > 0) {
    partition.answered = true;
    const std::span<const AbortedTransaction> aborted(reply.answer.aborted);
    reply.parts.push_back({&partition, partition.generation, answered.batches.first(size),
                           aborted.subspan(answered.first_aborted, answered.aborted_count)});
  }
}

/// Moves the partition's ask_offset past the whole batches. @returns their bytes
std::size_t Leader::whole_batches(const FetchAnswer::Partition& answered, const Asked& asked,
                                  Reply& reply, Time now) {
  DirectPartition& partition = *asked.partition;
  std::size_t size = 0;
  BatchFound found = BatchFound::whole;
  for (;;) {
    WireBatch batch;
    found = find_batch(answered.batches.subspan(size), batch);
    if (found != BatchFound::whole) {
      break;
    }
    if (batch.next_offset() <= partition.ask_offset) {
      found = BatchFound::corrupt;
      break;
    }
    partition.ask_offset = batch.next_offset();
    size += size_of(batch);
    reply.messages += batch.count;
    plain_bytes_ += batch.compression == Compression::none ? size_of(batch) : 0;
  }
  if (size != 0 || answered.batches.empty()) {
    return size;
  }
  if (found == BatchFound::old_format) {
    reports_.fail(partition.place() +
                  ": messages in the format of before Kafka 0.11, which the direct path does not "
                  "read; set source.fetch: librdkafka");
  }
  if (found == BatchFound::corrupt) {
    spoil(partition, "a batch that is broken or does not belong there", settings_, reports_, now);
  } else {
    // Not even one batch was sent whole: brokers do so only for partitions that are not the first.
    const auto most = static_cast<std::int32_t>(std::min<std::size_t>(
        settings_.max_answer_bytes, std::numeric_limits<std::int32_t>::max()));
    partition.max_bytes = partition.max_bytes > most / 2 ? most : 2 * partition.max_bytes;
  }
  return 0;
}

void Leader::put_off(DirectPartition& partition, BrokerError error, Time now) {
  const std::string what = partition.place() + ": " + text_of(error);
  switch (remedy_of(error)) {
    case ErrorRemedy::give_up:
      reports_.fail(what);
    case ErrorRemedy::find_leader:
      partition.leader_wanted = true;
      partition.retry_at = now + settings_.backoff;
      reports_.count();  // a broker that goes moves many partitions
      break;
    case ErrorRemedy::ask_again:
      partition.retry_at = now + settings_.error_backoff;
      reports_.trouble(what);
      break;
  }
  partition.rewind();
}

const Leader::Asked* Leader::asked_for(std::string_view topic, std::int32_t number) noexcept {
  for (std::size_t tried = 0; tried < asked_.size(); ++tried) {
    const Asked& each = asked_[next_asked_++ % asked_.size()];
    if (each.partition->number == number && each.partition->topic == topic) {
      return &each;
    }
  }
  return nullptr;
}

/// Who got nothing is asked for first next time, so that nobody is starved by those before it.
void Leader::move_answered_back() {
  reordered_.clear();
  for (const bool answered : {false, true}) {
    for (DirectPartition* const partition : partitions_) {
      if (partition->answered == answered) {
        reordered_.push_back(partition);
      }
    }
  }
  for (DirectPartition* const partition : partitions_) {
    partition->answered = false;
  }
  std::swap(partitions_, reordered_);
}

}  // namespace sluice
