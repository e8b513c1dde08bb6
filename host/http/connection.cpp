#include "host/http/connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "host/http/gzip.hpp"
#include "host/log.hpp"

namespace sluice {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
/// Below this a compressed body saves no packet.
constexpr std::size_t least_compressed_bytes = 1'024;
/// How long and for how many bytes a closing connection listens to what the client still sends:
/// closed at once, the reset could overtake the response.
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::size_t linger_bytes = 64 * 1'024;

using Parser = http::request_parser<http::string_body>;
using Message = http::response<http::span_body<const char>>;

struct Client {
  beast::tcp_stream stream;
  beast::flat_buffer received;
};

/// How to answer a request: as `version` of HTTP, with or without the body, and whether to go on.
struct Framing {
  unsigned version = 11;
  bool keep_alive = false;
  bool omit_body = false;
};

void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

Response plain(http::status status) {
  const std::string_view reason = http::obsolete_reason(status);
  Response response;
  response.status = static_cast<unsigned>(status);
  response.body = std::make_shared<const std::string>(std::to_string(response.status) + " " +
                                                      std::string(reason) + "\n");
  return response;
}

/// What a client that sent something unreadable is told; nothing if it is gone.
std::optional<Response> complaint(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return plain(http::status::request_header_fields_too_large);
  }
  if (error == http::error::body_limit) return plain(http::status::payload_too_large);
  if (error.category() == error_code(http::error::bad_method).category()) {
    return plain(http::status::bad_request);
  }
  return std::nullopt;
}

Response run_route(const Route& route, const Request& request, HttpService& service) {
  std::string reason;
  try {
    Response response = route(request);
    if (response.status >= 200 && response.status < 600) return response;
    reason = "it answered with status " + std::to_string(response.status);
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "unknown exception";
  }
  service.logger.error("HTTP route failed", {{"target", request.target}, {"reason", reason}});
  return plain(http::status::internal_server_error);
}

Response answer(const Parser::value_type& message, HttpService& service) {
  if (message.method() != http::verb::get && message.method() != http::verb::head) {
    return plain(http::status::method_not_allowed);
  }
  if (message.version() == 11 && message.count(http::field::host) != 1) {
    return plain(http::status::bad_request);
  }
  const std::string_view target = message.target();
  const auto route = service.routes.find(target.substr(0, target.find('?')));
  if (route == service.routes.end()) return plain(http::status::not_found);
  const Request request{std::string(message.method_string()), std::string(target),
                        accepts_gzip(message[http::field::accept_encoding])};
  return run_route(route->second, request, service);
}

/// The body as it travels: `response.body`, or its compressed form, and then `message` says so.
std::shared_ptr<const std::string> encode(const Response& response, bool gzip_allowed,
                                          Message& message) {
  auto body = response.body ? response.body : std::make_shared<const std::string>();
  if (!response.gzip_body && body->size() < least_compressed_bytes) return body;
  message.set(http::field::vary, "Accept-Encoding");
  if (!gzip_allowed) return body;
  message.set(http::field::content_encoding, "gzip");
  if (response.gzip_body) return response.gzip_body;
  return std::make_shared<const std::string>(gzip(*body));
}

asio::awaitable<error_code> send(Client& client, Response response, Framing framing,
                                 bool gzip_allowed, HttpService& service) {
  Message message(static_cast<http::status>(response.status), framing.version);
  message.set(http::field::content_type, response.content_type);
  if (message.result() == http::status::method_not_allowed) {
    message.set(http::field::allow, "GET, HEAD");
  }
  const std::shared_ptr<const std::string> body = encode(response, gzip_allowed, message);
  message.body() = {body->data(), body->size()};
  message.keep_alive(framing.keep_alive);
  message.prepare_payload();

  count(service.counters.responses[response.status]);
  client.stream.expires_after(service.limits.request_timeout);
  http::response_serializer<Message::body_type> serializer(message);
  const auto [error, sent] =
      framing.omit_body ? co_await http::async_write_header(client.stream, serializer, as_result)
                        : co_await http::async_write(client.stream, serializer, as_result);
  co_return error;
}

asio::awaitable<void> close(Client& client) {
  error_code gone;
  if (client.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, gone)) co_return;
  client.stream.expires_after(linger_time);
  std::array<char, 4'096> scratch;
  for (std::size_t total = 0; total < linger_bytes;) {
    const auto [error, n] =
        co_await client.stream.async_read_some(asio::buffer(scratch), as_result);
    if (error) break;
    total += n;
  }
}

asio::awaitable<error_code> wait_for_next_request(Client& client, const Limits& limits) {
  if (client.received.size() > 0) co_return error_code();
  client.stream.expires_after(limits.idle_timeout);
  const auto [error, n] =
      co_await client.stream.async_read_some(client.received.prepare(1'024), as_result);
  if (!error) client.received.commit(n);
  co_return error;
}

asio::awaitable<error_code> read_request(Client& client, Parser& parser, const Limits& limits) {
  parser.header_limit(limits.max_header_bytes);
  parser.body_limit(limits.max_body_bytes);
  client.stream.expires_after(limits.request_timeout);
  const auto [error, n] =
      co_await http::async_read(client.stream, client.received, parser, as_result);
  co_return error;
}

Framing framing_of(const Parser::value_type& message, unsigned status) {
  // What the client meant with a method that we do not know, and where its request ends, is its
  // own idea.
  const bool is_understood = status != 405 && status != 400;
  return {.version = message.version(),
          .keep_alive = message.keep_alive() && is_understood,
          .omit_body = message.method() == http::verb::head};
}

/// Answers one request. Returns whether the connection goes on.
asio::awaitable<bool> serve_request(Client& client, HttpService& service) {
  Parser parser;
  if (const error_code error = co_await read_request(client, parser, service.limits)) {
    if (error == beast::error::timeout) count(service.counters.timeouts);
    std::optional<Response> response = complaint(error);
    if (!response) co_return false;
    co_await send(client, *std::move(response), Framing{}, false, service);
    co_await close(client);
    co_return false;
  }
  Response response = answer(parser.get(), service);
  const Framing framing = framing_of(parser.get(), response.status);
  const bool gzip_allowed = accepts_gzip(parser.get()[http::field::accept_encoding]);
  const error_code error =
      co_await send(client, std::move(response), framing, gzip_allowed, service);
  if (error == beast::error::timeout) count(service.counters.timeouts);
  if (error) co_return false;
  if (!framing.keep_alive) co_await close(client);
  co_return framing.keep_alive;
}

}  // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, HttpService& service) {
  socket.set_option(asio::ip::tcp::no_delay(true));
  // Room for the largest header and a little of what follows it.
  Client client{beast::tcp_stream(std::move(socket)),
                beast::flat_buffer(service.limits.max_header_bytes + 1'024)};
  while (co_await serve_request(client, service)) {
    if (co_await wait_for_next_request(client, service.limits)) break;
  }
}

asio::awaitable<void> refuse_connection(asio::ip::tcp::socket socket, HttpService& service) {
  Client client{beast::tcp_stream(std::move(socket)), beast::flat_buffer()};
  const error_code error =
      co_await send(client, plain(http::status::service_unavailable), Framing{}, false, service);
  if (!error) co_await close(client);
}

}  // namespace sluice
