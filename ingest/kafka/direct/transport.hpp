#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "ingest/kafka/direct/metadata.hpp"
#include "ingest/kafka/direct/tls.hpp"

namespace sluice {

/// A TCP connection, with TLS or without, that never blocks but for the resolution of names.
/// Single-threaded.
class Transport {
 public:
  /// @param tls borrowed; null: plain TCP  @param receive_bytes of the socket's buffer; 0: the
  /// system's
  Transport(const BrokerAddress& address, const TlsContext* tls, int receive_bytes);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  enum class Opening : std::uint8_t { under_way, open, failed };
  /// Goes on connecting and shaking hands as far as that goes now.
  Opening open_further();

  struct Moved {
    enum class End : std::uint8_t { moved, blocked, closed };
    End end = End::closed;
    std::size_t bytes = 0;  ///< when moved
  };
  /// When open. Some bytes; blocked: none now, wait for awaited_events().
  Moved read(std::span<std::byte> into);
  Moved write(std::span<const std::byte> from);

  int descriptor() const noexcept { return socket_; }
  /// poll's events after a call that did not get further.
  short awaited_events() const noexcept { return awaited_; }
  /// Why it failed or was closed.
  const std::string& problem() const noexcept { return problem_; }

 private:
  struct Candidate {
    sockaddr_storage address{};
    socklen_t size = 0;
  };

  void resolve(const BrokerAddress& address);
  Opening try_next();
  Opening connected();
  Opening shake_hands();
  Moved stopped(int result);
  void close();

  const std::string host_;
  const TlsContext* const tls_;
  const int receive_bytes_;
  std::vector<Candidate> candidates_;  ///< tried from the back
  int socket_ = -1;
  bool connecting_ = false;
  TlsContext::Session session_;
  short awaited_ = 0;
  std::string problem_;
};

}  // namespace sluice
