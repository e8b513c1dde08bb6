#include "ingest/kafka/direct/leader.hpp"

#include <algorithm>

namespace sluice {

Leader::Leader(const DirectSettings& settings, const TlsContext* tls, std::int32_t id,
               const BrokerAddress& address, DirectReports& reports)
    : settings_(settings), reports_(reports), id_(id), session_(settings, tls, address) {}

void Leader::leave(const DirectPartition& partition) {
  std::erase(partitions_, &partition);
  if (partitions_.empty()) {
    session_.close();
  }
}

void Leader::release() noexcept {
  Reply& taken = replies_[first_];
  reports_.waiting_bytes.fetch_sub(taken.buffer.bytes().size(), std::memory_order_relaxed);
  reports_.waiting_messages.fetch_sub(taken.messages, std::memory_order_relaxed);
  first_ = (first_ + 1) % replies_.size();
  --waiting_;
}

std::size_t Leader::drive_into(std::span<std::byte> memory, Time now) {
  if (!plain_ || waiting_ == replies_.size()) {
    drive(now);
    return 0;
  }
  AnswerBuffer& buffer = next_reply().buffer;
  buffer.offer(memory);
  drive(now);
  return buffer.withdraw_offer();
}

bool Leader::move_home() {
  bool moved = false;
  if (session_.receives() && !asked_epochs_ && next_reply().buffer.lent()) {
    next_reply().buffer.move_home();
    session_.answer_moved();
  }
  for (std::size_t i = 0; i < waiting_; ++i) {
    Reply& reply = replies_[(first_ + i) % replies_.size()];
    if (!reply.buffer.lent()) {
      continue;
    }
    moved = true;
    const std::byte* const from = reply.buffer.bytes().data();
    reply.buffer.move_home();
    for (Reply::Part& part : reply.parts) {
      const auto at = static_cast<std::size_t>(part.batches.data() - from);
      part.batches = std::as_bytes(reply.buffer.bytes()).subspan(at, part.batches.size());
    }
  }
  return moved;
}

bool Leader::needs_session(Time now) const noexcept {
  return std::any_of(partitions_.begin(), partitions_.end(),
                     [now](const DirectPartition* partition) { return partition->asks(now); });
}

Leader::Time Leader::wake_at(Time now) const noexcept {
  switch (session_.state()) {
    case BrokerSession::State::opening:
    case BrokerSession::State::asked:
      return session_.wake_at();
    case BrokerSession::State::closed:
      if (needs_session(now)) {
        return session_.wake_at();
      }
      break;
    case BrokerSession::State::ready:
    case BrokerSession::State::answered:
      break;
  }
  if (waiting_ == replies_.size()) {
    return Time::max();
  }
  Time wake = Time::max();
  for (const DirectPartition* const partition : partitions_) {
    if (!partition->paused && !partition->finished && !partition->leader_wanted) {
      wake = std::min(wake, std::max(partition->retry_at, not_before_));
    }
  }
  return wake;
}

void Leader::look_for_leaders() {
  for (DirectPartition* const partition : partitions_) {
    partition->leader_wanted = true;
  }
}

void Leader::drive(Time now) {
  if (session_.state() == BrokerSession::State::closed && needs_session(now)) {
    session_.open(now);
  }
  if (!go_on(now)) {
    return;
  }
  if (session_.state() == BrokerSession::State::answered) {
    take_answer(now);
  }
  if (session_.state() == BrokerSession::State::ready && ask(now)) {
    (void)go_on(now);
  }
}

/// @returns false when the conversation broke
bool Leader::go_on(Time now) {
  const std::string broken = session_.drive(now);
  if (!broken.empty()) {
    if (session_.overfull()) {
      note_overfull(broken);
    }
    reports_.trouble(broken);
    look_for_leaders();
  }
  return broken.empty();
}

/// A broker sends at least one batch, whatever its size, so that asking for less does not help. A
/// length that was garbled on its way would.
void Leader::note_overfull(const std::string& broken) {
  if (++overfull_ < most_attempts) {
    return;
  }
  std::string what = broken + "; raise it in source.properties";
  for (const Asked& each : asked_) {
    what += (&each == asked_.data() ? ". Asked for " : ", ") + each.partition->place();
  }
  reports_.fail(what);
}

/// @returns whether a request went out
bool Leader::ask(Time now) {
  if (now < not_before_) {
    return false;
  }
  return ask_epochs(now) || ask_messages(now);
}

bool Leader::ask_epochs(Time now) {
  asked_.clear();
  for (DirectPartition* const partition : partitions_) {
    if (partition->log_unchecked && partition->asks(now)) {
      asked_.push_back({partition, partition->generation, partition->ask_offset});
    }
  }
  if (asked_.empty()) {
    return false;
  }
  const auto version = session_.version(ApiKey::offset_for_leader_epoch, leader_epoch_versions);
  if (!version) {
    for (const Asked& each : asked_) {
      each.partition->log_unchecked = false;  // an old broker cannot tell
    }
    return false;
  }
  std::sort(asked_.begin(), asked_.end(),
            [](const Asked& a, const Asked& b) { return a.partition->topic < b.partition->topic; });
  questions_.clear();
  for (const Asked& each : asked_) {
    questions_.push_back({each.partition->topic, each.partition->number,
                          each.partition->leader_epoch, each.partition->read_epoch});
  }
  write_epoch_request(session_.request(ApiKey::offset_for_leader_epoch, *version), questions_);
  session_.send(epoch_buffer_, now);
  asked_epochs_ = true;
  return true;
}

bool Leader::ask_messages(Time now) {
  if (waiting_ == replies_.size()) {
    return false;
  }
  asked_.clear();
  positions_.clear();
  for (DirectPartition* const partition : partitions_) {
    if (partition->asks(now)) {
      asked_.push_back({partition, partition->generation, partition->ask_offset});
      positions_.push_back({partition->topic, partition->number, partition->ask_offset,
                            partition->leader_epoch, partition->max_bytes});
    }
  }
  if (asked_.empty()) {
    return false;
  }
  const auto version = session_.version(ApiKey::fetch, fetch_versions);
  if (!version) {
    reports_.fail(text_of(address()) +
                  ": the broker speaks no version of Fetch that the direct path knows; set "
                  "source.fetch: librdkafka");
  }
  version_ = *version;
  write_fetch_request(session_.request(ApiKey::fetch, version_), version_, settings_.limits,
                      positions_);
  session_.send(next_reply().buffer, now);
  asked_epochs_ = false;
  return true;
}

}  // namespace sluice
