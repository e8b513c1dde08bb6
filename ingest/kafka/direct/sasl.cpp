#include "ingest/kafka/direct/sasl.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace sluice {
namespace {

constexpr int most_iterations = 1'000'000;  // a broker that asks for more wants to keep us busy

const EVP_MD* digest_of(SaslMechanism mechanism) {
  return mechanism == SaslMechanism::scram_sha_512 ? EVP_sha512() : EVP_sha256();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string hash(const EVP_MD* digest, std::string_view text) {
  std::string result(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  EVP_Digest(text.data(), text.size(), bytes_of(result), nullptr, digest, nullptr);
  return result;
}

std::string keyed_hash(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::string result(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  HMAC(digest, key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       bytes_of(result), nullptr);
  return result;
}

std::string salted(const EVP_MD* digest, std::string_view password, std::string_view salt,
                   int iterations) {
  std::string result(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                    static_cast<int>(salt.size()), iterations, digest,
                    static_cast<int>(result.size()), bytes_of(result));
  return result;
}

std::string to_base64(std::string_view text) {
  std::string result((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(bytes_of(result), bytes_of(text), static_cast<int>(text.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string result(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(bytes_of(result), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0) {
    return std::nullopt;
  }
  const auto filling = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  result.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(filling, 2));
  return result;
}

/// The value of an attribute (r=..., s=...) among those that commas part.
std::optional<std::string_view> attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const std::string_view each = message.substr(0, message.find(','));
    if (each.size() >= 2 && each[0] == name && each[1] == '=') {
      return each.substr(2);
    }
    message.remove_prefix(std::min(message.size(), each.size() + 1));
  }
  return std::nullopt;
}

std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == ',') {
      result += "=2C";
    } else if (c == '=') {
      result += "=3D";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string_view name_of(SaslMechanism mechanism) noexcept {
  switch (mechanism) {
    case SaslMechanism::scram_sha_256:
      return "SCRAM-SHA-256";
    case SaslMechanism::scram_sha_512:
      return "SCRAM-SHA-512";
    case SaslMechanism::plain:
      break;
  }
  return "PLAIN";
}

SaslExchange::SaslExchange(SaslSettings settings, std::string nonce)
    : settings_(std::move(settings)), nonce_(std::move(nonce)) {}

std::string SaslExchange::begin() {
  if (settings_.mechanism == SaslMechanism::plain) {
    step_ = Step::proved;
    return '\0' + settings_.user + '\0' + settings_.password;
  }
  step_ = Step::salted;
  first_message_ = "n=" + escaped(settings_.user) + ",r=" + nonce_;
  return "n,," + first_message_;
}

std::optional<std::string> SaslExchange::answer(std::string_view broker_says) {
  if (step_ == Step::salted) {
    step_ = Step::proved;
    return prove(broker_says);
  }
  if (settings_.mechanism != SaslMechanism::plain && !broker_is_right(broker_says)) {
    return std::nullopt;
  }
  step_ = Step::complete;
  return std::string();
}

std::optional<std::string> SaslExchange::prove(std::string_view broker_says) {
  const auto nonce = attribute(broker_says, 'r');
  const auto salt = attribute(broker_says, 's');
  const auto count = attribute(broker_says, 'i');
  int iterations = 0;
  if (!nonce || !salt || !count || !nonce->starts_with(nonce_) ||
      std::from_chars(count->data(), count->data() + count->size(), iterations).ec != std::errc() ||
      iterations < 1 || iterations > most_iterations) {
    return std::nullopt;
  }
  const auto salt_bytes = from_base64(*salt);
  if (!salt_bytes) {
    return std::nullopt;
  }
  const EVP_MD* const digest = digest_of(settings_.mechanism);
  const std::string password = salted(digest, settings_.password, *salt_bytes, iterations);
  const std::string client_key = keyed_hash(digest, password, "Client Key");
  const std::string last_message = "c=biws,r=" + std::string(*nonce);
  const std::string all = first_message_ + ',' + std::string(broker_says) + ',' + last_message;
  std::string proof = keyed_hash(digest, hash(digest, client_key), all);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  }
  broker_signature_ = keyed_hash(digest, keyed_hash(digest, password, "Server Key"), all);
  return last_message + ",p=" + to_base64(proof);
}

bool SaslExchange::broker_is_right(std::string_view broker_says) const {
  const auto signature = attribute(broker_says, 'v');
  return signature && from_base64(*signature) == broker_signature_;
}

std::string sasl_nonce() {
  std::array<unsigned char, 18> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace sluice
