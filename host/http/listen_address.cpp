#include "host/http/listen_address.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace sluice {
namespace {

bool is_literal(int family, const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), address) == 1;
}

bool is_name(std::string_view host) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  // What has digits and dots only is meant as an IPv4 literal.
  return host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         std::any_of(host.begin(), host.end(), is_letter) &&
         std::all_of(host.begin(), host.end(), [&](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return port;
}

std::string complaint(std::string_view text, std::string_view why) {
  return "\"" + std::string(text) + "\" is not a listen address: " + std::string(why) +
         " (write 127.0.0.1:9465, [::1]:9465 or :9465)";
}

}  // namespace

std::variant<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return complaint(text, "it has no port");
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return complaint(text, "the port is not a number from 0 to 65535");

  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!is_literal(AF_INET6, host)) return complaint(text, "no IPv6 address in the brackets");
  } else if (host.find(':') != host.npos) {
    return complaint(text, "an IPv6 address needs brackets");
  } else if (!host.empty() && !is_literal(AF_INET, host) && !is_name(host)) {
    return complaint(text, "neither an IPv4 address nor a host name before the port");
  }
  return ListenAddress{std::move(host), *port};
}

std::string to_string(const ListenAddress& address) {
  const bool is_ipv6 = address.host.find(':') != address.host.npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace sluice
