#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/direct/broker_session.hpp"
#include "ingest/kafka/direct/direct_reports.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/direct/metadata.hpp"

namespace sluice {

/// Asks the brokers who leads the partitions: one after the other until one answers, over a
/// connection of its own that is closed afterwards. Single-threaded.
class LeaderLookup {
 public:
  using Time = BrokerSession::Time;

  /// @param settings, tls, reports borrowed
  LeaderLookup(const DirectSettings& settings, const TlsContext* tls,
               std::vector<std::string> topics, DirectReports& reports);

  /// Asks soon: at once, unless the last answer has just come.
  void want(Time now);
  /// Goes on as far as that goes now. @returns an answer when one has come
  std::optional<Metadata> drive(Time now);

  int descriptor() const noexcept { return session_ ? session_->descriptor() : -1; }
  short awaited_events() const noexcept { return session_->awaited_events(); }
  /// When `drive` has something to do without an event.
  Time wake_at() const noexcept { return session_ ? session_->wake_at() : due_; }

 private:
  void begin(Time now);
  void try_another(const std::string& why, Time now);
  bool ask(Time now);

  const DirectSettings& settings_;
  const TlsContext* const tls_;
  const std::vector<std::string> topics_;
  DirectReports& reports_;
  std::vector<BrokerAddress> known_;  ///< the brokers of the last answer, then the bootstrap ones
  std::size_t tried_ = 0;
  Time due_{};
  Time not_before_{};  ///< resting, since nobody answers
  Time answered_at_{};
  std::chrono::milliseconds rest_;
  std::optional<BrokerSession> session_;
  std::int16_t version_ = 0;
  AnswerBuffer answer_;
};

}  // namespace sluice
