#include "ingest/kafka/direct/transport.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

namespace sluice {

Transport::Transport(const BrokerAddress& address, const TlsContext* tls, int receive_bytes)
    : host_(address.host), tls_(tls), receive_bytes_(receive_bytes) {
  resolve(address);
}

Transport::~Transport() {
  if (session_ && socket_ >= 0) {
    SSL_shutdown(session_.get());
  }
  close();
}

void Transport::resolve(const BrokerAddress& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found);
  if (error != 0) {
    problem_ = ::gai_strerror(error);
    return;
  }
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Candidate& candidate = candidates_.emplace_back();
    std::memcpy(&candidate.address, each->ai_addr, each->ai_addrlen);
    candidate.size = each->ai_addrlen;
  }
  ::freeaddrinfo(found);
  std::reverse(candidates_.begin(), candidates_.end());
}

void Transport::close() {
  session_.reset();
  if (socket_ >= 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

Transport::Opening Transport::open_further() {
  if (session_) {
    return shake_hands();
  }
  return connecting_ ? connected() : try_next();
}

Transport::Opening Transport::try_next() {
  for (; !candidates_.empty(); candidates_.pop_back()) {
    const Candidate& candidate = candidates_.back();
    close();
    socket_ = ::socket(candidate.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      problem_ = std::strerror(errno);
      continue;
    }
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    if (receive_bytes_ > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes_, sizeof receive_bytes_);
    }
    const auto* const address = reinterpret_cast<const sockaddr*>(&candidate.address);
    if (::connect(socket_, address, candidate.size) == 0 || errno == EINPROGRESS) {
      candidates_.pop_back();
      connecting_ = true;
      awaited_ = POLLOUT;
      return connected();
    }
    problem_ = std::strerror(errno);
  }
  close();
  return Opening::failed;
}

Transport::Opening Transport::connected() {
  pollfd writable{.fd = socket_, .events = POLLOUT, .revents = 0};
  if (::poll(&writable, 1, 0) == 0) {
    awaited_ = POLLOUT;
    return Opening::under_way;
  }
  connecting_ = false;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    problem_ = std::strerror(error);
    return try_next();
  }
  if (tls_ == nullptr) {
    return Opening::open;
  }
  session_ = tls_->connect(socket_, host_);
  return shake_hands();
}

Transport::Opening Transport::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    return Opening::open;
  }
  const bool blocked = stopped(result).end == Moved::End::blocked;
  if (!blocked) {
    const long verdict = SSL_get_verify_result(session_.get());
    if (verdict != X509_V_OK) {
      problem_ = std::string("certificate: ") + X509_verify_cert_error_string(verdict);
    }
    problem_ = "TLS: " + problem_;
  }
  return blocked ? Opening::under_way : Opening::failed;
}

/// After an OpenSSL call that moved nothing.
Transport::Moved Transport::stopped(int result) {
  const int saved = errno;
  const int error = SSL_get_error(session_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    awaited_ = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    return {Moved::End::blocked, 0};
  }
  problem_ = error == SSL_ERROR_SYSCALL && saved != 0 ? std::strerror(saved) : tls_problem();
  return {};
}

Transport::Moved Transport::read(std::span<std::byte> into) {
  if (session_) {
    errno = 0;
    ERR_clear_error();
    const int result = SSL_read(session_.get(), into.data(),
                                static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
    return result > 0 ? Moved{Moved::End::moved, static_cast<std::size_t>(result)}
                      : stopped(result);
  }
  const ssize_t result = ::recv(socket_, into.data(), into.size(), 0);
  if (result > 0) {
    return {Moved::End::moved, static_cast<std::size_t>(result)};
  }
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    awaited_ = POLLIN;
    return {Moved::End::blocked, 0};
  }
  problem_ = result == 0 ? "the broker closed the connection" : std::strerror(errno);
  return {};
}

Transport::Moved Transport::write(std::span<const std::byte> from) {
  if (session_) {
    errno = 0;
    ERR_clear_error();
    const int result = SSL_write(session_.get(), from.data(),
                                 static_cast<int>(std::min<std::size_t>(from.size(), INT_MAX)));
    return result > 0 ? Moved{Moved::End::moved, static_cast<std::size_t>(result)}
                      : stopped(result);
  }
  const ssize_t result = ::send(socket_, from.data(), from.size(), MSG_NOSIGNAL);
  if (result >= 0) {
    return {Moved::End::moved, static_cast<std::size_t>(result)};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    awaited_ = POLLOUT;
    return {Moved::End::blocked, 0};
  }
  problem_ = std::strerror(errno);
  return {};
}

}  // namespace sluice
