#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "host/http/listen_address.hpp"

namespace sluice {

class Logger;

/// What a route sees of a request. A HEAD request is answered like its GET; the server leaves the
/// body away.
struct Request {
  std::string method;         ///< GET or HEAD
  std::string target;         ///< as sent: path, and query if there is one
  bool accepts_gzip = false;  ///< the client takes a gzip body
};

/// What a route answers. Bodies are shared and never change, so that a page is rendered once and
/// sent to any number of clients.
struct Response {
  unsigned status = 200;  ///< 200 to 599
  std::string content_type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body = nullptr;  ///< null: empty
  /// `body` compressed beforehand (gzip.hpp). If null, the server compresses large bodies for each
  /// client that accepts it: fit for small pages only.
  std::shared_ptr<const std::string> gzip_body = nullptr;
};

/// Runs on the server's thread, which serves nobody else meanwhile: it reads immutable snapshots
/// and returns at once. An exception becomes a 500 and a line in the log.
using Route = std::function<Response(const Request&)>;
/// By path, which is compared whole and without the query: "/metrics".
using Routes = std::map<std::string, Route, std::less<>>;

/// Bounds on what clients can take.
struct Limits {
  std::size_t max_connections = 64;  ///< one more gets a 503
  /// A request must have arrived this long after its first byte (the first one after the connection
  /// was made), and its response have been taken this long after that.
  std::chrono::milliseconds request_timeout{10'000};
  /// How long a kept-alive connection may wait for its next request.
  std::chrono::milliseconds idle_timeout{60'000};
  std::uint32_t max_header_bytes = 8'192;  ///< start line included; more gets a 431
  std::uint32_t max_body_bytes = 1'024;    ///< bodies are read and ignored; more gets a 413
};

/// What the server has seen; relaxed atomics, written by its thread, read by any.
struct HttpCounters {
  std::atomic<std::uint64_t> connections_accepted{0};  ///< served; without the refused ones
  std::atomic<std::uint64_t> connections_open{0};      ///< now
  std::atomic<std::uint64_t> connections_refused{0};   ///< over max_connections
  std::atomic<std::uint64_t> timeouts{0};  ///< slow requests and slow readers, not idle ones
  std::array<std::atomic<std::uint64_t>, 600>
      responses{};  ///< begun, by status; a refusal is a 503
};

/// An HTTP/1.1 server for GET and HEAD on one thread of its own, from construction to destruction.
/// It keeps connections alive, compresses, and bounds what a client can cost. Responses under way
/// at destruction are cut off. Thread-safe: its functions may be called from any thread.
class HttpServer {
 public:
  /// Binds, then serves. `logger` outlives the server.
  /// @throws std::system_error naming address and reason if it cannot listen there.
  HttpServer(const ListenAddress& address, Routes routes, const Limits& limits, Logger& logger);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port it listens on: the given one, or the one the system picked.
  std::uint16_t port() const;
  const HttpCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
