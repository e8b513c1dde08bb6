#include "host/http/server.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "host/http/connection.hpp"
#include "host/log.hpp"

namespace sluice {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Between attempts to accept while the process is out of file descriptors or memory.
constexpr std::chrono::milliseconds accept_retry_delay{100};

/// A name that means both families, as localhost does, means IPv4 here: that is what people type.
tcp::endpoint resolve(asio::io_context& io, const ListenAddress& address) {
  error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(address.host, not_literal);
  if (!not_literal) return {literal, address.port};
  const auto found =
      tcp::resolver(io).resolve(address.host, std::to_string(address.port), tcp::resolver::passive);
  const auto ipv4 = std::find_if(found.begin(), found.end(), [](const auto& entry) {
    return entry.endpoint().protocol() == tcp::v4();
  });
  return ipv4 == found.end() ? found.begin()->endpoint() : ipv4->endpoint();
}

tcp::acceptor listen_on(asio::io_context& io, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(io, endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  // The unspecified IPv6 address stands for IPv4 too.
  if (endpoint.address() == asio::ip::address_v6::any()) {
    acceptor.set_option(asio::ip::v6_only(false));
  }
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

tcp::acceptor listen_on_every_interface(asio::io_context& io, std::uint16_t port) {
  try {
    return listen_on(io, {tcp::v6(), port});
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::address_family_not_supported) throw;
    return listen_on(io, {tcp::v4(), port});
  }
}

tcp::acceptor listen_on(asio::io_context& io, const ListenAddress& address) {
  try {
    return address.host.empty() ? listen_on_every_interface(io, address.port)
                                : listen_on(io, resolve(io, address));
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code(), "cannot listen on " + to_string(address));
  }
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const ListenAddress& address, Routes routes, const Limits& limits, Logger& logger)
      : service_{std::move(routes), limits, logger},
        acceptor_(listen_on(io_, address)),
        port_(acceptor_.local_endpoint().port()) {
    asio::co_spawn(io_, accept_clients(), [this](std::exception_ptr error) { report(error); });
    thread_ = std::jthread([this] { io_.run(); });
  }

  ~Impl() { io_.stop(); }

  std::uint16_t port() const { return port_; }
  const HttpCounters& counters() const { return service_.counters; }

 private:
  asio::awaitable<void> accept_clients() {
    bool accepts = true;
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error) {
        if (accepts) service_.logger.error("HTTP accept failed", {{"reason", error.message()}});
        asio::steady_timer delay(io_, accept_retry_delay);
        co_await delay.async_wait(asio::use_awaitable);
      } else {
        admit(std::move(socket));
      }
      accepts = !error;
    }
  }

  void admit(tcp::socket socket) {
    HttpCounters& counters = service_.counters;
    if (counters.connections_open.load(std::memory_order_relaxed) <
        service_.limits.max_connections) {
      counters.connections_accepted.fetch_add(1, std::memory_order_relaxed);
      counters.connections_open.fetch_add(1, std::memory_order_relaxed);
      asio::co_spawn(io_, serve_connection(std::move(socket), service_),
                     [this](std::exception_ptr error) {
                       service_.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
                       report(error);
                     });
      return;
    }
    counters.connections_refused.fetch_add(1, std::memory_order_relaxed);
    // Refusals are bounded too: in a flood the rest is closed without a word.
    if (refusing_ == service_.limits.max_connections) return;
    ++refusing_;
    asio::co_spawn(io_, refuse_connection(std::move(socket), service_),
                   [this](std::exception_ptr error) {
                     --refusing_;
                     report(error);
                   });
  }

  void report(std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
      service_.logger.error("HTTP connection failed", {{"reason", thrown.what()}});
    }
  }

  HttpService service_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::size_t refusing_ = 0;
  std::jthread thread_;  ///< last: it is joined before what it uses goes
};

HttpServer::HttpServer(const ListenAddress& address, Routes routes, const Limits& limits,
                       Logger& logger)
    : impl_(std::make_unique<Impl>(address, std::move(routes), limits, logger)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->port(); }

const HttpCounters& HttpServer::counters() const { return impl_->counters(); }

}  // namespace sluice
