#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/kafka/direct/answer_buffer.hpp"
#include "ingest/kafka/direct/broker_session.hpp"
#include "ingest/kafka/direct/direct_partition.hpp"
#include "ingest/kafka/direct/direct_reports.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/direct/fetch.hpp"
#include "ingest/kafka/direct/leader_epoch.hpp"

namespace sluice {

/// A broker's answer whose messages are not in blocks yet.
struct Reply {
  struct Part {
    DirectPartition* partition = nullptr;
    std::uint32_t generation = 0;        ///< taken only while it is the partition's
    std::span<const std::byte> batches;  ///< whole ones, not taken yet
    std::span<const AbortedTransaction> aborted;
  };
  AnswerBuffer buffer;
  FetchAnswer answer;
  std::vector<Part> parts;
  std::size_t part = 0;  ///< being taken
  std::uint64_t messages = 0;
};

/// What a lane fetches from one broker, over one connection. There are two replies: while the
/// messages of one are taken, the request for the next is on its way and its answer is received.
/// The next request needs only the headers of the batches, so it is sent before any of them is
/// decompressed. Single-threaded.
class Leader {
 public:
  using Time = BrokerSession::Time;

  /// @param settings, tls, reports borrowed
  Leader(const DirectSettings& settings, const TlsContext* tls, std::int32_t id,
         const BrokerAddress& address, DirectReports& reports);

  std::int32_t id() const noexcept { return id_; }
  const BrokerAddress& address() const noexcept { return session_.address(); }

  /// From now on this broker is asked for the partition, or no more.
  void lead(DirectPartition& partition) { partitions_.push_back(&partition); }
  void leave(const DirectPartition& partition);

  /// Connects, receives and asks, one question at most, as far as that goes now. Sets leader_wanted
  /// of partitions whose leader has to be looked up. @throws SourceError for errors that do not
  /// pass
  void drive(Time now);

  /// The older reply that has come; null: none.
  Reply* oldest() noexcept { return waiting_ == 0 ? nullptr : &replies_[first_]; }
  /// The oldest reply is taken.
  void release() noexcept;

  /// Lends memory of a block for the duration of a `drive` to a leader whose messages come
  /// uncompressed, so that they are received where they stay. @returns the bytes that it took from
  /// its beginning
  std::size_t drive_into(std::span<std::byte> memory, Time now);
  /// Whether it would have an answer like the last one received into a block, which needs so many
  /// bytes; else 0.
  std::size_t wants_room() const noexcept { return plain_ ? last_bytes_ : 0; }
  /// The block goes: what is in it of answers that are not taken yet is moved out.
  /// @returns whether a reply was moved that may be in the middle of being taken
  bool move_home();

  int descriptor() const noexcept { return session_.descriptor(); }
  short awaited_events() const noexcept { return session_.awaited_events(); }
  /// When `drive` has something to do without an event.
  Time wake_at(Time now) const noexcept;

 private:
  /// A partition of the request under way.
  struct Asked {
    DirectPartition* partition;
    std::uint32_t generation;
    std::int64_t offset;
  };

  bool needs_session(Time now) const noexcept;
  Reply& next_reply() noexcept { return replies_[(first_ + waiting_) % replies_.size()]; }
  bool go_on(Time now);
  void note_overfull(const std::string& broken);
  void look_for_leaders();
  bool ask(Time now);
  bool ask_epochs(Time now);
  bool ask_messages(Time now);
  void take_answer(Time now);
  bool take_epochs(Time now);
  bool take_messages(Time now);
  void take_partition(const FetchAnswer::Partition& answered, Reply& reply, Time now);
  std::size_t whole_batches(const FetchAnswer::Partition& answered, const Asked& asked,
                            Reply& reply, Time now);
  void put_off(DirectPartition& partition, BrokerError error, Time now);
  const Asked* asked_for(std::string_view topic, std::int32_t number) noexcept;
  void move_answered_back();

  const DirectSettings& settings_;
  DirectReports& reports_;
  const std::int32_t id_;
  BrokerSession session_;
  std::vector<DirectPartition*> partitions_;  ///< in the order of asking: who got nothing is first
  std::array<Reply, 2> replies_;
  std::size_t first_ = 0;    ///< the oldest of those waiting
  std::size_t waiting_ = 0;  ///< replies that are not taken
  bool asked_epochs_ = false;
  AnswerBuffer epoch_buffer_;
  std::int16_t version_ = 0;
  int overfull_ = 0;    ///< answers in a row that were larger than we take
  bool plain_ = false;  ///< whether most of the last answer was uncompressed
  std::size_t plain_bytes_ = 0;
  std::size_t last_bytes_ = 0;
  Time not_before_{};  ///< the broker throttles us
  std::vector<Asked> asked_;
  std::size_t next_asked_ = 0;  ///< answers come in the order of the questions
  std::vector<FetchPosition> positions_;
  std::vector<EpochQuestion> questions_;
  std::vector<EpochEnd> epoch_ends_;
  std::vector<DirectPartition*> reordered_;
};

/// How often something is tried before it is taken for an error that does not pass.
inline constexpr int most_attempts = 5;

/// The partition's next batch cannot be read: fetches it again, a few times.
/// @throws SourceError when it stays so
void spoil(DirectPartition& partition, const std::string& what, const DirectSettings& settings,
           DirectReports& reports, BrokerSession::Time now);

}  // namespace sluice
