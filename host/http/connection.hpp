#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "host/http/server.hpp"

namespace sluice {

/// What all connections of a server share; the server owns it and outlives them.
struct HttpService {
  Routes routes;
  Limits limits;
  Logger& logger;
  HttpCounters counters{};
};

/// Serves one client until it leaves, falls behind, or breaks the protocol.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket,
                                              HttpService& service);

/// Tells one client that the server is full.
boost::asio::awaitable<void> refuse_connection(boost::asio::ip::tcp::socket socket,
                                               HttpService& service);

}  // namespace sluice
