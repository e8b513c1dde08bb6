#include "ingest/kafka/direct/broker_session.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sluice {
namespace {

constexpr VersionRange mechanism_versions{1, 1};
constexpr VersionRange authentication_versions{0, 1};
constexpr std::size_t length_bytes = sizeof(std::int32_t);
constexpr std::size_t correlation_bytes = sizeof(std::int32_t);

}  // namespace

BrokerSession::BrokerSession(const DirectSettings& settings, const TlsContext* tls,
                             BrokerAddress address)
    : settings_(settings), tls_(tls), address_(std::move(address)), rest_(settings.backoff) {}

void BrokerSession::open(Time now) {
  if (state_ != State::closed || now < wake_at_) {
    return;
  }
  state_ = State::opening;
  step_ = Step::connecting;
  overfull_ = false;
  wake_at_ = now + settings_.connect_timeout;
  expires_at_ = Time::max();
  transport_.emplace(address_, tls_, settings_.receive_buffer_bytes);
}

void BrokerSession::close() noexcept {
  transport_.reset();
  state_ = State::closed;
  answer_ = &opening_answer_;
  wake_at_ = Time{};
}

std::string BrokerSession::break_off(const std::string& reason, Time now) {
  std::string told = text_of(address_) + ": " + reason;  // which may be the transport's
  close();
  std::uniform_real_distribution<double> spread(0.75, 1.25);
  wake_at_ = now + std::chrono::duration_cast<Time::duration>(rest_ * spread(jitter_));
  rest_ = std::min(2 * rest_, settings_.backoff_max);
  return told;
}

std::string BrokerSession::drive(Time now) {
  if (state_ == State::ready && now >= expires_at_) {
    close();
  }
  if (state_ == State::opening && step_ == Step::connecting) {
    if (std::string broken = connect_further(now); !broken.empty()) {
      return broken;
    }
  }
  while (state_ == State::asked || (state_ == State::opening && step_ != Step::connecting)) {
    const Progress progress = exchange();
    if (progress == Progress::broken) {
      return break_off(problem_, now);
    }
    if (progress == Progress::blocked) {
      return now < wake_at_ ? std::string() : break_off("no answer in time", now);
    }
    if (progress == Progress::answered && state_ == State::asked) {
      state_ = State::answered;
      rest_ = settings_.backoff;
    } else if (progress == Progress::answered) {
      if (const std::string wrong = opening_answer(now); !wrong.empty()) {
        return break_off(wrong, now);
      }
    }
  }
  return {};
}

std::string BrokerSession::connect_further(Time now) {
  switch (transport_->open_further()) {
    case Transport::Opening::under_way:
      return now < wake_at_ ? std::string() : break_off("no connection in time", now);
    case Transport::Opening::failed:
      return break_off(transport_->problem(), now);
    case Transport::Opening::open:
      break;
  }
  request(ApiKey::api_versions, 0);
  begin_exchange(Step::versions, now);
  return {};
}

WireWriter& BrokerSession::request(ApiKey api, std::int16_t version) {
  request_.clear();
  (void)request_.int32_later();
  request_.int16(static_cast<std::int16_t>(api));
  request_.int16(version);
  request_.int32(++correlation_);
  request_.text(settings_.client_id);
  return request_;
}

void BrokerSession::send(AnswerBuffer& into, Time now) {
  assert(state_ == State::ready);
  answer_ = &into;
  state_ = State::asked;
  begin_exchange(Step::open, now);
}

void BrokerSession::begin_exchange(Step step, Time now) {
  step_ = step;
  request_.fill_in(0, request_.size() - length_bytes);
  sent_ = 0;
  received_ = 0;
  in_body_ = false;
  if (step == Step::open) {
    wake_at_ = now + settings_.answer_timeout;
  }
}

BrokerSession::Progress BrokerSession::exchange() {
  if (sent_ == request_.size()) {
    return receive();
  }
  const Transport::Moved moved = transport_->write(request_.bytes().subspan(sent_));
  if (moved.end == Transport::Moved::End::moved) {
    sent_ += moved.bytes;
    return Progress::moved;
  }
  problem_ = transport_->problem();
  return moved.end == Transport::Moved::End::blocked ? Progress::blocked : Progress::broken;
}

BrokerSession::Progress BrokerSession::receive() {
  const std::span<std::byte> room = in_body_ ? body_ : std::span<std::byte>(header_);
  const Transport::Moved moved = transport_->read(room.subspan(received_));
  if (moved.end != Transport::Moved::End::moved) {
    problem_ = transport_->problem();
    return moved.end == Transport::Moved::End::blocked ? Progress::blocked : Progress::broken;
  }
  received_ += moved.bytes;
  if (received_ < room.size()) {
    return Progress::moved;
  }
  if (!in_body_ && !begin_answer()) {
    return Progress::broken;
  }
  return received_ == body_.size() ? Progress::answered : Progress::moved;
}

/// The answer's header has come.
bool BrokerSession::begin_answer() {
  const auto length = load_big_endian<std::int32_t>(header_.data());
  const auto correlation = load_big_endian<std::int32_t>(header_.data() + length_bytes);
  if (correlation != correlation_ || length < static_cast<std::int32_t>(correlation_bytes)) {
    problem_ = "its answer is none to our request: is this a Kafka broker?";
    return false;
  }
  const std::size_t size = static_cast<std::size_t>(length) - correlation_bytes;
  overfull_ = size > settings_.max_answer_bytes;
  if (overfull_) {
    problem_ = "an answer of " + std::to_string(size) + " bytes is larger than the " +
               std::to_string(settings_.max_answer_bytes) +
               " that receive.message.max.bytes allows";
    return false;
  }
  body_ = answer_->prepare(size);
  received_ = 0;
  in_body_ = true;
  return true;
}

std::string BrokerSession::opening_answer(Time now) {
  switch (step_) {
    case Step::versions:
      return take_versions(now);
    case Step::mechanism:
      return take_mechanism(now);
    case Step::authentication:
      return take_authentication(now);
    case Step::connecting:
    case Step::open:
      break;
  }
  return "it answered out of turn";
}

std::string BrokerSession::take_versions(Time now) {
  auto versions = ApiVersions::read(answer());
  if (!versions) {
    return "it does not say which versions it speaks";
  }
  versions_ = std::move(*versions);
  if (!settings_.sasl) {
    opened();
    return {};
  }
  const auto authentication = version(ApiKey::sasl_authenticate, authentication_versions);
  if (!version(ApiKey::sasl_handshake, mechanism_versions) || !authentication) {
    return "it does not know how to authenticate us";
  }
  sasl_version_ = *authentication;
  request(ApiKey::sasl_handshake, 1).text(name_of(settings_.sasl->mechanism));
  begin_exchange(Step::mechanism, now);
  return {};
}

std::string BrokerSession::take_mechanism(Time now) {
  WireReader reader(answer());
  const std::int16_t error = reader.int16();
  if (!reader.good() || error != 0) {
    return "SASL " + std::string(name_of(settings_.sasl->mechanism)) + " is not offered";
  }
  sasl_.emplace(*settings_.sasl, sasl_nonce());
  say(sasl_->begin(), now);
  return {};
}

void BrokerSession::say(const std::string& words, Time now) {
  request(ApiKey::sasl_authenticate, sasl_version_).bytes(std::as_bytes(std::span(words)));
  begin_exchange(Step::authentication, now);
}

std::string BrokerSession::take_authentication(Time now) {
  WireReader reader(answer());
  const std::int16_t error = reader.int16();
  const std::string_view reason = reader.text();
  const std::span<const std::byte> words = reader.bytes();
  const std::int64_t lifetime_ms = sasl_version_ >= 1 ? reader.int64() : 0;
  if (!reader.good() || error != 0) {
    return "authentication failed: " + std::string(reason);
  }
  const auto next = sasl_->answer({reinterpret_cast<const char*>(words.data()), words.size()});
  if (!next) {
    return "authentication failed: the broker does not prove that it knows the password";
  }
  if (!sasl_->complete()) {
    say(*next, now);
    return {};
  }
  if (lifetime_ms > 0) {
    const std::int64_t a_day = 86'400'000;
    expires_at_ = now + std::chrono::milliseconds(std::min(lifetime_ms, a_day) * 8 / 10);
  }
  opened();
  return {};
}

void BrokerSession::opened() {
  step_ = Step::open;
  state_ = State::ready;
  sasl_.reset();
  wake_at_ = expires_at_;
}

int BrokerSession::descriptor() const noexcept {
  const bool talks = state_ == State::opening || state_ == State::asked;
  return talks && transport_ ? transport_->descriptor() : -1;
}

short BrokerSession::awaited_events() const noexcept { return transport_->awaited_events(); }

}  // namespace sluice
