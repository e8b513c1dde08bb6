#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace sluice::wire_test {

/// A certificate that vouches for itself, and its key, as PEM.
struct OwnCertificate {
  /// @param alternative its only name, as in "DNS:localhost" or "IP:127.0.0.1"
  explicit OwnCertificate(const std::string& alternative);
  std::string certificate;
  std::string key;
};

/// Takes one connection on loopback, with TLS or without, and sends back what it receives until the
/// client closes it.
class EchoServer {
 public:
  /// @param own borrowed during the call; null: plain TCP
  explicit EchoServer(const OwnCertificate* own);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace sluice::wire_test
