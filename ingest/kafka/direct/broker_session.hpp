#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>

#include "ingest/kafka/direct/answer_buffer.hpp"
#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/direct_settings.hpp"
#include "ingest/kafka/direct/sasl.hpp"
#include "ingest/kafka/direct/tls.hpp"
#include "ingest/kafka/direct/transport.hpp"
#include "ingest/kafka/direct/wire.hpp"

namespace sluice {

/// A conversation with one broker: connects, with TLS and authentication where they are wanted,
/// learns which versions it speaks, then carries one request at a time. Never blocks, but for
/// looking up names. When it breaks it rests, longer each time, before it opens again.
/// Single-threaded.
class BrokerSession {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  /// @param settings borrowed  @param tls borrowed; null without TLS
  BrokerSession(const DirectSettings& settings, const TlsContext* tls, BrokerAddress address);

  enum class State : std::uint8_t { closed, opening, ready, asked, answered };
  State state() const noexcept { return state_; }
  const BrokerAddress& address() const noexcept { return address_; }

  /// Begins to connect when closed and rested; else does nothing.
  void open(Time now);
  void close() noexcept;
  /// Goes on as far as that goes now. @returns why the conversation broke in this call; else empty
  std::string drive(Time now);
  /// Ends the conversation over what the broker said. @returns the reason with the broker's name
  std::string break_off(const std::string& reason, Time now);

  /// When open: the newest version of a request that both sides know.
  std::optional<std::int16_t> version(ApiKey api, VersionRange ours) const noexcept {
    return versions_.newest(api, ours);
  }

  /// When ready: begins a request, whose body the caller appends.
  WireWriter& request(ApiKey api, std::int16_t version);
  /// Sends it. @param into for the answer; borrowed until `done` or a break
  void send(AnswerBuffer& into, Time now);
  /// When answered: what follows the answer's header.
  std::span<const std::byte> answer() const noexcept { return answer_->bytes(); }
  /// Whether it broke because an answer was larger than receive.message.max.bytes allows.
  bool overfull() const noexcept { return overfull_; }
  /// The answer was read: the next request may be made.
  void done() noexcept { state_ = State::ready; }
  /// Whether a part of the answer's bytes may have come into its buffer.
  bool receives() const noexcept {
    return state_ == State::answered || (state_ == State::asked && in_body_);
  }
  /// The answer's buffer lies elsewhere now.
  void answer_moved() noexcept { body_ = answer_->bytes(); }

  /// For poll; -1: none.
  int descriptor() const noexcept;
  short awaited_events() const noexcept;
  /// When `drive` or `open` has something to do even without an event.
  Time wake_at() const noexcept { return wake_at_; }

 private:
  enum class Step : std::uint8_t { connecting, versions, mechanism, authentication, open };
  enum class Progress : std::uint8_t { moved, blocked, answered, broken };

  void begin_exchange(Step step, Time now);
  Progress exchange();
  Progress receive();
  bool begin_answer();
  std::string connect_further(Time now);
  /// @returns what is wrong with the broker's answer while opening; else empty
  std::string opening_answer(Time now);
  std::string take_versions(Time now);
  std::string take_mechanism(Time now);
  std::string take_authentication(Time now);
  void ask_versions(Time now);
  void say(const std::string& words, Time now);
  void opened();

  const DirectSettings& settings_;
  const TlsContext* const tls_;
  const BrokerAddress address_;
  std::optional<Transport> transport_;
  State state_ = State::closed;
  Step step_ = Step::connecting;
  Time wake_at_{};
  Time expires_at_ = Time::max();  ///< the broker ends the authentication then
  std::chrono::milliseconds rest_;
  std::minstd_rand jitter_{std::random_device{}()};
  ApiVersions versions_;
  std::optional<SaslExchange> sasl_;
  std::int16_t sasl_version_ = 0;

  WireWriter request_;
  std::size_t sent_ = 0;
  std::int32_t correlation_ = 0;
  std::array<std::byte, 8> header_{};  ///< of the answer: its length and correlation
  AnswerBuffer opening_answer_;
  AnswerBuffer* answer_ = &opening_answer_;
  std::span<std::byte> body_;
  std::size_t received_ = 0;  ///< of header, then of body
  bool in_body_ = false;
  bool overfull_ = false;
  std::string problem_;
};

}  // namespace sluice
