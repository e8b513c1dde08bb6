#include "ingest/kafka/direct/leader_lookup.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

LeaderLookup::LeaderLookup(const DirectSettings& settings, const TlsContext* tls,
                           std::vector<std::string> topics, DirectReports& reports)
    : settings_(settings),
      tls_(tls),
      topics_(std::move(topics)),
      reports_(reports),
      known_(settings.bootstrap),
      rest_(settings.backoff) {}

void LeaderLookup::want(Time now) {
  due_ = std::min(due_, std::max({now, answered_at_ + settings_.backoff, not_before_}));
}

std::optional<Metadata> LeaderLookup::drive(Time now) {
  if (!session_ && now >= due_) {
    begin(now);
  }
  if (!session_) {
    return std::nullopt;
  }
  if (const std::string broken = session_->drive(now); !broken.empty()) {
    try_another(broken, now);
    return std::nullopt;
  }
  if (session_->state() == BrokerSession::State::ready && !ask(now)) {
    return std::nullopt;
  }
  if (session_->state() != BrokerSession::State::answered) {
    return std::nullopt;
  }
  auto metadata = read_metadata(session_->answer(), version_);
  if (!metadata) {
    try_another(session_->break_off("its answer is torn", now), now);
    return std::nullopt;
  }
  session_.reset();
  if (tried_ > 0) {
    reports_.note(text_of(known_[tried_ % known_.size()]) + ": tells the leaders again");
  }
  answered_at_ = now;
  due_ = now + settings_.metadata_interval;
  rest_ = settings_.backoff;
  tried_ = 0;
  known_.clear();
  for (const Metadata::Broker& broker : metadata->brokers) {
    known_.push_back(broker.address);
  }
  known_.insert(known_.end(), settings_.bootstrap.begin(), settings_.bootstrap.end());
  return metadata;
}

void LeaderLookup::begin(Time now) {
  session_.emplace(settings_, tls_, known_[tried_ % known_.size()]);
  session_->open(now);
}

void LeaderLookup::try_another(const std::string& why, Time now) {
  session_.reset();
  not_before_ = now;
  std::string what = "asking for leaders: " + why;
  if (++tried_ % known_.size() == 0) {
    not_before_ = now + rest_;
    what += "; asked everybody, trying again in " + std::to_string(rest_.count()) + " ms";
    rest_ = std::min(2 * rest_, settings_.backoff_max);
  }
  due_ = not_before_;
  reports_.trouble(what);
}

/// @returns whether the question went out
bool LeaderLookup::ask(Time now) {
  const auto version = session_->version(ApiKey::metadata, metadata_versions);
  if (!version) {
    try_another(session_->break_off("it speaks no version of Metadata that we know", now), now);
    return false;
  }
  version_ = *version;
  write_metadata_request(session_->request(ApiKey::metadata, version_), topics_);
  session_->send(answer_, now);
  const std::string broken = session_->drive(now);
  if (!broken.empty()) {
    try_another(broken, now);
  }
  return broken.empty();
}

}  // namespace sluice
