#include "ingest/decode/raw_messages.hpp"

#include <cassert>

namespace sluice {
namespace {

static_assert(raw_padding <= block_padding);

constexpr std::size_t alignment = 64;

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

std::size_t RawMessageTable::bytes_needed(std::size_t capacity) noexcept {
  return padded(capacity * sizeof(EventTime)) + 3 * padded(capacity * sizeof(std::uint32_t)) +
         padded(capacity * sizeof(PartitionIndex));
}

RawMessageTable::RawMessageTable(StagingBlock memory, std::size_t capacity)
    : memory_(std::move(memory)), capacity_(capacity) {
  assert(memory_.size() >= bytes_needed(capacity));
  std::byte* next = memory_.data();
  const auto place = [&next, capacity]<class T>(T*& column) {
    column = reinterpret_cast<T*>(next);
    next += padded(capacity * sizeof(T));
  };
  place(begin_);
  place(length_);
  place(first_event_);
  place(timestamp_);
  place(partition_);
}

bool RawMessageTable::take(const SourceBlock& block, const DecodePlan& plan) {
  events_ = {};
  events_.bytes = block.text();
  events_.size = static_cast<std::uint32_t>(block.used);
  one_event_a_message_ = true;
  one_partition_ = true;
  sources_.clear();
  left_out_.clear();
  tombstones_ = 0;
  for (std::size_t source = 0; source < block.messages.size(); ++source) {
    if (!add(block.messages[source], static_cast<std::uint32_t>(source), plan)) return false;
  }
  RawMessages& messages = events_.messages;
  messages.begin = begin_;
  messages.length = length_;
  if (plan.format == RawFormat::rows && !one_event_a_message_) messages.first_event = first_event_;
  if (!one_partition_) messages.partition = partition_;
  if (messages.size > 0) messages.single_partition = partition_[0];
  if (plan.transport_time) messages.timestamp = timestamp_;
  return true;
}

bool RawMessageTable::add(const Message& message, std::uint32_t source, const DecodePlan& plan) {
  if (message.tombstone) {
    ++tombstones_;
    return true;
  }
  const bool is_rows = plan.format == RawFormat::rows;
  if (message.truncated || (is_rows && message.length % plan.row_bytes != 0)) {
    left_out_.push_back(source);
    return true;
  }
  const std::uint32_t place = events_.messages.size;
  if (place == capacity_) return false;
  if (place > 0 && message.begin < begin_[place - 1] + length_[place - 1]) return false;
  begin_[place] = message.begin;
  length_[place] = message.length;
  first_event_[place] = events_.rows;
  timestamp_[place] = message.timestamp;
  partition_[place] = message.partition;
  one_partition_ = one_partition_ && message.partition == partition_[0];
  if (is_rows) {
    const std::uint32_t rows = message.length / plan.row_bytes;
    one_event_a_message_ = one_event_a_message_ && rows == 1;
    events_.rows += rows;
  }
  sources_.push_back(source);
  ++events_.messages.size;
  return true;
}

}  // namespace sluice
