#include "tests/host/http/raw_client.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

namespace sluice {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::map<std::string, std::string> parse_fields(std::string_view lines) {
  std::map<std::string, std::string> fields;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    fields.emplace(std::move(name), line.substr(colon + 2));
    lines.remove_prefix(end + 2);
  }
  return fields;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, std::string_view host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(host).c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::runtime_error("no such address");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, freeaddrinfo);
  socket_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket");
  const timeval patience{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
    ::close(socket_);
    fail("connect");
  }
}

RawClient::~RawClient() { ::close(socket_); }

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool RawClient::receive() {
  char bytes[16'384];
  const ssize_t n = recv(socket_, bytes, sizeof bytes, 0);
  if (n < 0) fail("recv");
  received_.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

RawResponse RawClient::read_response(bool has_body) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == received_.npos) {
    if (!receive()) throw std::runtime_error("closed before a response");
  }
  RawResponse response;
  const std::size_t first_line = received_.find("\r\n") + 2;
  response.status = std::stoi(received_.substr(std::string_view("HTTP/1.1 ").size()));
  response.fields =
      parse_fields(std::string_view(received_).substr(first_line, end + 2 - first_line));
  received_.erase(0, end + 4);
  const std::size_t length = has_body ? std::stoul(response.fields.at("content-length")) : 0;
  while (received_.size() < length) {
    if (!receive()) throw std::runtime_error("closed inside a body");
  }
  response.body = received_.substr(0, length);
  received_.erase(0, length);
  return response;
}

RawResponse RawClient::get(std::string_view target, std::string_view more_fields) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more_fields) +
       "\r\n");
  return read_response();
}

std::string RawClient::read_to_end() {
  while (receive()) {
  }
  return std::exchange(received_, {});
}

std::string gunzip(std::string_view compressed) {
  z_stream stream{};
  constexpr int gzip_wrapper = 16;
  if (inflateInit2(&stream, MAX_WBITS + gzip_wrapper) != Z_OK)
    throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string plain;
  int status = Z_OK;
  while (status == Z_OK) {
    char bytes[16'384];
    stream.next_out = reinterpret_cast<Bytef*>(bytes);
    stream.avail_out = sizeof bytes;
    status = inflate(&stream, Z_NO_FLUSH);
    plain.append(bytes, sizeof bytes - stream.avail_out);
  }
  const bool is_whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!is_whole) throw std::runtime_error("not one gzip member");
  return plain;
}

}  // namespace sluice
