#include "ingest/kafka/direct/reply_taker.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

namespace sluice {
namespace {

constexpr std::size_t most_decompressed = std::size_t{1} << 30;
constexpr std::size_t first_beside = std::size_t{1} << 20;
constexpr double expansion_margin = 1.1;

void append(SourceBlock& block, const DirectPartition& partition, const WireMessage& message,
            std::size_t begin, std::size_t length) {
  block.messages.push_back(
      {.begin = static_cast<std::uint32_t>(begin),
       .length = static_cast<std::uint32_t>(length),
       .tombstone = message.tombstone,
       .truncated = length < message.length,
       .partition = partition.index,
       .offset = message.offset,
       .timestamp = message.timestamp == -1 ? start_of_time : message.timestamp});
}

/// Room for `more` messages, growing so that a block is soon large enough for good.
void reserve(std::vector<Message>& messages, std::size_t more) {
  const std::size_t needed = messages.size() + more;
  if (needed > messages.capacity()) {
    messages.reserve(std::max(needed, 2 * messages.capacity()));
  }
}

}  // namespace

bool ReplyTaker::take(Reply& reply, FillingBlock& filling, Time now) {
  for (; reply.part < reply.parts.size(); ++reply.part) {
    Reply::Part& part = reply.parts[reply.part];
    if (!in_part_) {
      begin_part(part);
    }
    if (!take_part(part, filling, now)) {
      return false;
    }
    in_part_ = false;
  }
  return true;
}

void ReplyTaker::begin_part(const Reply::Part& part) {
  in_part_ = true;
  walking_ = false;
  checked_ = false;
  aborting_.clear();
  aborted_ahead_.clear();
  if (settings_.limits.committed_only) {
    aborted_ahead_.assign(part.aborted.begin(), part.aborted.end());
    std::sort(aborted_ahead_.begin(), aborted_ahead_.end(),
              [](const AbortedTransaction& a, const AbortedTransaction& b) {
                return a.first_offset > b.first_offset;
              });
  }
}

/// @returns whether the part is taken; else the block is full
bool ReplyTaker::take_part(Reply::Part& part, FillingBlock& filling, Time now) {
  DirectPartition& partition = *part.partition;
  for (;;) {
    if (part.generation != partition.generation || partition.finished ||
        (!walking_ && find_batch(part.batches, batch_) != BatchFound::whole)) {
      return true;
    }
    switch (walking_ ? copy_messages(partition, filling) : take_batch(partition, filling)) {
      case Taken::full:
        return false;
      case Taken::spoilt:
        spoil(partition, spoilt_why_, settings_, reports_, now);
        return true;
      case Taken::all:
        break;
    }
    walking_ = false;
    checked_ = false;
    part.batches = part.batches.subspan(size_of(batch_));
  }
}

ReplyTaker::Taken ReplyTaker::take_batch(DirectPartition& partition, FillingBlock& filling) {
  if (settings_.check_checksums && !checked_ && !checksum_matches(batch_)) {
    spoilt_why_ = "a batch whose checksum is wrong";
    return Taken::spoilt;
  }
  checked_ = true;
  const bool before = batch_.next_offset() <= partition.next.load(std::memory_order_relaxed);
  const bool past = partition.end && batch_.base_offset >= *partition.end;
  if (before || past || batch_.count == 0 || is_left_out()) {
    return done_with_batch(partition, filling);
  }
  return place(partition, filling);
}

/// Control batches, and messages of aborted transactions.
bool ReplyTaker::is_left_out() {
  const bool aborted = belongs_to_aborted();
  if (batch_.control && batch_.compression == Compression::none &&
      control_mark_of(batch_.messages) == ControlMark::abort) {
    std::erase(aborting_, batch_.producer);
  }
  return batch_.control || aborted;
}

bool ReplyTaker::belongs_to_aborted() noexcept {
  while (!aborted_ahead_.empty() && aborted_ahead_.back().first_offset <= batch_.last_offset()) {
    aborting_.push_back(aborted_ahead_.back().producer);
    aborted_ahead_.pop_back();
  }
  return batch_.transactional &&
         std::find(aborting_.begin(), aborting_.end(), batch_.producer) != aborting_.end();
}

ReplyTaker::Taken ReplyTaker::place(DirectPartition& partition, FillingBlock& filling) {
  const SourceBlock& block = filling.block;
  const bool few_enough = batch_.count <= filling.max_messages;
  if (few_enough && !filling.has_room_for(batch_.count)) {
    return Taken::full;
  }
  const bool compressed = batch_.compression != Compression::none;
  const double growth = compressed ? partition.expansion * expansion_margin : 1.0;
  const double size = lies_in(block) ? 0 : static_cast<double>(batch_.messages.size()) * growth;
  if (few_enough && size <= static_cast<double>(filling.room())) {
    const Taken taken = place_whole(partition, filling);
    if (taken != Taken::full || !block.messages.empty()) {
      return taken;
    }
  } else if (few_enough && !block.messages.empty() &&
             size <= static_cast<double>(block.capacity())) {
    return Taken::full;
  }
  if (begin_walk(partition) == Taken::spoilt) {
    return Taken::spoilt;
  }
  return copy_messages(partition, filling);
}

/// Whether the batch was received into the block, uncompressed.
bool ReplyTaker::lies_in(const SourceBlock& block) const noexcept {
  const std::less_equal<> not_after;
  const std::byte* const begin = block.memory.data();
  return batch_.compression == Compression::none && not_after(begin, batch_.messages.data()) &&
         not_after(batch_.messages.data(), begin + block.used);
}

/// The batch's messages as a whole into the block. @returns full when they do not fit
ReplyTaker::Taken ReplyTaker::place_whole(DirectPartition& partition, FillingBlock& filling) {
  SourceBlock& block = filling.block;
  std::byte* const begin = block.memory.data();
  if (lies_in(block)) {
    return take_in_place(partition, batch_.messages, filling);
  }
  if (batch_.compression == Compression::none) {
    std::byte* const to = begin + block.used;
    std::memcpy(to, batch_.messages.data(), batch_.messages.size());
    block.used += batch_.messages.size();
    return take_in_place(partition, {to, batch_.messages.size()}, filling);
  }
  const std::span<std::byte> room(begin + block.used, filling.room());
  const auto [result, size] = decompress(room);
  if (result == Decompressor::Result::no_room) {
    return Taken::full;
  }
  if (result == Decompressor::Result::corrupt || size < batch_.count * least_message_bytes) {
    spoilt_why_ = "a batch that cannot be decompressed";
    return Taken::spoilt;
  }
  partition.expansion = static_cast<double>(size) / static_cast<double>(batch_.messages.size());
  block.used += size;
  return take_in_place(partition, room.first(size), filling);
}

/// @param messages in the block
ReplyTaker::Taken ReplyTaker::take_in_place(DirectPartition& partition,
                                            std::span<const std::byte> messages,
                                            FillingBlock& filling) {
  SourceBlock& block = filling.block;
  const std::size_t before = block.messages.size();
  reserve(block.messages, std::min(batch_.count, messages.size() / least_message_bytes));
  MessageWalk walk(batch_, messages);
  const std::byte* const begin = block.memory.data();
  std::int64_t next = partition.next.load(std::memory_order_relaxed);
  const std::int64_t end = partition.end.value_or(std::numeric_limits<std::int64_t>::max());
  for (WireMessage message; walk.next(message);) {
    if (message.offset >= next && message.offset < end) {
      next = message.offset + 1;
      append(block, partition, message, static_cast<std::size_t>(message.payload - begin),
             message.length);
    }
  }
  if (walk.broken()) {
    block.messages.resize(before);
    spoilt_why_ = "a batch whose messages are broken";
    return Taken::spoilt;
  }
  return done_with_batch(partition, filling);
}

ReplyTaker::Taken ReplyTaker::begin_walk(DirectPartition& partition) {
  std::span<const std::byte> messages = batch_.messages;
  if (batch_.compression != Compression::none) {
    if (!decompress_beside()) {
      spoilt_why_ = "a batch that cannot be decompressed";
      return Taken::spoilt;
    }
    partition.expansion = static_cast<double>(beside_size_) /
                          static_cast<double>(std::max<std::size_t>(messages.size(), 1));
    messages = {beside_.get(), beside_size_};
  }
  walk_ = MessageWalk(batch_, messages);
  have_message_ = false;
  walking_ = true;
  return Taken::all;
}

Decompressor::Outcome ReplyTaker::decompress(std::span<std::byte> into) {
  const Time began = BrokerSession::Clock::now();
  const auto outcome = decompressor_.decompress(batch_.compression, batch_.messages, into);
  decompressing_ += BrokerSession::Clock::now() - began;
  return outcome;
}

bool ReplyTaker::decompress_beside() {
  for (;;) {
    const std::size_t room = beside_capacity_ - std::min(beside_capacity_, walk_padding);
    const auto [result, size] = decompress({beside_.get(), room});
    if (result != Decompressor::Result::no_room) {
      beside_size_ = size;
      return result == Decompressor::Result::done;
    }
    if (beside_capacity_ >= most_decompressed) {
      return false;
    }
    beside_capacity_ = std::max(first_beside, 2 * beside_capacity_);
    beside_ = std::make_unique_for_overwrite<std::byte[]>(beside_capacity_);
  }
}

/// As many messages as the block takes.
ReplyTaker::Taken ReplyTaker::copy_messages(DirectPartition& partition, FillingBlock& filling) {
  SourceBlock& block = filling.block;
  for (; have_message_ || walk_.next(message_); have_message_ = false) {
    have_message_ = true;
    const std::int64_t next = partition.next.load(std::memory_order_relaxed);
    if (message_.offset < next || (partition.end && message_.offset >= *partition.end)) {
      continue;
    }
    const std::size_t room = filling.room();
    const bool larger_than_a_block = message_.length > block.capacity();
    if (!filling.has_room_for(1) ||
        (message_.length > room && !(larger_than_a_block && block.used == 0))) {
      return Taken::full;
    }
    const std::size_t length = std::min(message_.length, room);
    append(block, partition, message_, block.used, length);
    if (length != 0) {
      std::memcpy(block.memory.data() + block.used, message_.payload, length);
      block.used += length;
    }
    filling.note_position(partition, message_.offset + 1);
  }
  if (walk_.broken()) {
    spoilt_why_ = "a batch whose messages are broken";
    return Taken::spoilt;
  }
  return done_with_batch(partition, filling);
}

ReplyTaker::Taken ReplyTaker::done_with_batch(DirectPartition& partition, FillingBlock& filling) {
  partition.spoilt = 0;
  partition.read_epoch = batch_.leader_epoch;
  filling.passed(partition,
                 std::max(partition.next.load(std::memory_order_relaxed), batch_.next_offset()));
  return Taken::all;
}

}  // namespace sluice
