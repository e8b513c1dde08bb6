#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sluice {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
};

/// One TCP connection to a server on this machine, byte by byte: what a browser would never send
/// can be sent. Everything throws std::runtime_error on failure, or when the server stays silent
/// for 10 seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, std::string_view host = "127.0.0.1");
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  /// Reads one response with a Content-Length; `has_body` is false for the answer to a HEAD.
  RawResponse read_response(bool has_body = true);
  /// Sends a GET with `more_fields` ("Name: value\r\n" each), and reads the response.
  RawResponse get(std::string_view target, std::string_view more_fields = "");
  /// Reads until the server closes.
  std::string read_to_end();

 private:
  bool receive();

  int socket_;
  std::string received_;
};

/// What `compressed`, one gzip member, was made of.
std::string gunzip(std::string_view compressed);

}  // namespace sluice
