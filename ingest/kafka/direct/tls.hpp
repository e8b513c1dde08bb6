#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

namespace sluice {

/// librdkafka's ssl.* properties that the direct path takes; empty: not set.
struct TlsSettings {
  std::string ca_location;  ///< file or folder; without it and ca_pem: the system's
  std::string ca_pem;
  std::string certificate_location;
  std::string certificate_pem;
  std::string key_location;
  std::string key_pem;
  std::string key_password;
  std::string cipher_suites;
  bool verify = true;       ///< the broker's certificate
  bool verify_host = true;  ///< and that it is the host's that was asked for
};

/// What the TLS connections of a source share.
class TlsContext {
 public:
  /// @throws SourceError naming the property whose file or value cannot be used
  explicit TlsContext(const TlsSettings& settings);

  struct Free {
    void operator()(SSL* session) const noexcept;
    void operator()(SSL_CTX* context) const noexcept;
  };
  using Session = std::unique_ptr<SSL, Free>;

  /// A client's session over a socket. @param host what the certificate must be for
  Session connect(int socket, const std::string& host) const;

 private:
  std::unique_ptr<SSL_CTX, Free> context_;
  bool verify_host_;
};

/// Why the thread's last OpenSSL call failed; forgets it.
std::string tls_problem();

}  // namespace sluice
