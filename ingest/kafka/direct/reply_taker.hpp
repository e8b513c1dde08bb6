#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ingest/kafka/direct/compression.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/direct/leader.hpp"
#include "ingest/kafka/direct/message_walk.hpp"
#include "ingest/kafka/direct/wire_batch.hpp"
#include "ingest/kafka/filling_block.hpp"

namespace sluice {

/// Moves the messages of replies into blocks. A batch that fits is decompressed straight into the
/// block, and its messages stay where they lie in it; of one that does not, message by message is
/// copied out of memory beside. Without transactions that were aborted, where that is wanted, and
/// without what lies before a partition's position or past its end. Single-threaded.
class ReplyTaker {
 public:
  using Time = BrokerSession::Time;

  /// @param settings, reports borrowed
  ReplyTaker(const DirectSettings& settings, DirectReports& reports)
      : settings_(settings), reports_(reports) {}

  /// Goes on with a reply, always with the same one until all of it is taken.
  /// @returns whether all of it is; else the block is full
  bool take(Reply& reply, FillingBlock& filling, Time now);

  /// The bytes of a reply were moved: begins the batch again that it was in, whose messages that
  /// are in blocks it then passes over.
  void reply_moved() noexcept { walking_ = false; }

  /// How long decompressing took since the last call.
  Time::duration decompressing() noexcept { return std::exchange(decompressing_, {}); }

 private:
  enum class Taken : std::uint8_t { all, spoilt, full };

  void begin_part(const Reply::Part& part);
  bool take_part(Reply::Part& part, FillingBlock& filling, Time now);
  Taken take_batch(DirectPartition& partition, FillingBlock& filling);
  bool is_left_out();
  bool belongs_to_aborted() noexcept;
  Taken place(DirectPartition& partition, FillingBlock& filling);
  bool lies_in(const SourceBlock& block) const noexcept;
  Taken place_whole(DirectPartition& partition, FillingBlock& filling);
  Taken take_in_place(DirectPartition& partition, std::span<const std::byte> messages,
                      FillingBlock& filling);
  Taken begin_walk(DirectPartition& partition);
  Taken copy_messages(DirectPartition& partition, FillingBlock& filling);
  Decompressor::Outcome decompress(std::span<std::byte> into);
  bool decompress_beside();
  Taken done_with_batch(DirectPartition& partition, FillingBlock& filling);

  const DirectSettings& settings_;
  DirectReports& reports_;
  Decompressor decompressor_;
  Time::duration decompressing_{};
  bool in_part_ = false;
  std::vector<AbortedTransaction> aborted_ahead_;  ///< by their first offset, the last one first
  std::vector<std::int64_t> aborting_;             ///< producers inside an aborted transaction
  WireBatch batch_;
  bool checked_ = false;  ///< the batch's checksum
  const char* spoilt_why_ = "";
  bool walking_ = false;
  MessageWalk walk_;
  WireMessage message_;
  bool have_message_ = false;  ///< taken from the walk, not in a block yet
  std::unique_ptr<std::byte[]> beside_;
  std::size_t beside_capacity_ = 0;
  std::size_t beside_size_ = 0;
};

}  // namespace sluice
