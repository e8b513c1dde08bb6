#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace sluice {

/// Where a server listens.
struct ListenAddress {
  std::string host =
      "127.0.0.1";  ///< IPv4 or IPv6 literal without brackets, a name, "" for every interface
  std::uint16_t port = 0;  ///< 0: the system picks one

  bool operator==(const ListenAddress&) const = default;
};

/// Reads "127.0.0.1:9465", "[::1]:9465", "localhost:9465" or ":9465" (every interface).
/// Returns what is wrong, as text for a configuration error, if it is none of them.
/// Names are only checked for their form; they are resolved when a server binds.
std::variant<ListenAddress, std::string> parse_listen_address(std::string_view text);

/// The form that parse_listen_address reads.
std::string to_string(const ListenAddress& address);

}  // namespace sluice
