#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

enum class SaslMechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512 };
std::string_view name_of(SaslMechanism mechanism) noexcept;

struct SaslSettings {
  SaslMechanism mechanism = SaslMechanism::plain;
  std::string user;
  std::string password;
};

/// One authentication: PLAIN (RFC 4616) or SCRAM (RFC 5802, without channel binding), where the
/// broker proves too that it knows the password.
class SaslExchange {
 public:
  /// @param nonce printable, without commas, never used before
  SaslExchange(SaslSettings settings, std::string nonce);

  /// What to say first.
  std::string begin();
  /// What to answer; nullopt: the broker's words are not what they should be. Not when complete.
  std::optional<std::string> answer(std::string_view broker_says);
  /// Nothing is left to say, and the broker has proved what it must.
  bool complete() const noexcept { return step_ == Step::complete; }

 private:
  enum class Step : std::uint8_t { begin, salted, proved, complete };

  std::optional<std::string> prove(std::string_view broker_says);
  bool broker_is_right(std::string_view broker_says) const;

  SaslSettings settings_;
  std::string nonce_;
  std::string first_message_;
  std::string broker_signature_;
  Step step_ = Step::begin;
};

/// A nonce of 24 printable characters from the system's entropy.
std::string sasl_nonce();

}  // namespace sluice
