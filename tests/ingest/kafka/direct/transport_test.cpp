#include "ingest/kafka/direct/transport.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "ingest/source.hpp"
#include "tests/ingest/kafka/direct/tls_server.hpp"

namespace sluice::wire_test {
namespace {

using testing::HasSubstr;

void wait_for(const Transport& transport, short events) {
  pollfd awaited{.fd = transport.descriptor(), .events = events, .revents = 0};
  (void)::poll(&awaited, 1, 5'000);
}

/// Until it is open or has failed.
Transport::Opening open(Transport& transport) {
  Transport::Opening opening = transport.open_further();
  while (opening == Transport::Opening::under_way) {
    wait_for(transport, transport.awaited_events());
    opening = transport.open_further();
  }
  return opening;
}

/// What comes back of `text`.
std::string echo(Transport& transport, const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  std::string back(text.size(), '\0');
  std::size_t sent = 0;
  std::size_t received = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (received < text.size() && std::chrono::steady_clock::now() < deadline) {
    if (sent < text.size()) {
      sent += transport.write(bytes.subspan(sent)).bytes;
    }
    const auto room = std::as_writable_bytes(std::span(back)).subspan(received);
    const Transport::Moved moved = transport.read(room);
    received += moved.bytes;
    if (moved.end == Transport::Moved::End::closed) break;
  }
  return back.substr(0, received);
}

std::string long_text() {
  std::string text(3'000'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 23);
  return text;
}

/// A connection over TLS to a server whose certificate is for `alternative`. @returns what is wrong
std::string problem_of_tls(const std::string& alternative, TlsSettings settings,
                           const std::string& host = "127.0.0.1") {
  const OwnCertificate own(alternative);
  const EchoServer server(&own);
  if (settings.ca_pem == "the server's") settings.ca_pem = own.certificate;
  const TlsContext tls(settings);
  Transport transport({host, server.port()}, &tls, 0);
  if (open(transport) == Transport::Opening::failed) return transport.problem();
  return echo(transport, "to and fro") == "to and fro" ? "" : "not what was sent";
}

TEST(Transport, CarriesBytesBothWays) {
  const EchoServer server(nullptr);
  Transport transport({"127.0.0.1", server.port()}, nullptr, 0);

  ASSERT_EQ(open(transport), Transport::Opening::open);

  EXPECT_EQ(echo(transport, long_text()), long_text());
}

TEST(Transport, NeverWaitsForBytesThatHaveNotCome) {
  const EchoServer server(nullptr);
  Transport transport({"127.0.0.1", server.port()}, nullptr, 4'096);
  ASSERT_EQ(open(transport), Transport::Opening::open);

  std::array<std::byte, 10> room{};
  EXPECT_EQ(transport.read(room).end, Transport::Moved::End::blocked);
  EXPECT_EQ(transport.awaited_events(), POLLIN);
}

TEST(Transport, SaysWhyItCannotConnect) {
  std::uint16_t nobody = 0;
  {
    const EchoServer gone(nullptr);
    nobody = gone.port();
  }
  Transport refused({"127.0.0.1", nobody}, nullptr, 0);
  EXPECT_EQ(open(refused), Transport::Opening::failed);
  EXPECT_EQ(refused.problem(), "Connection refused");

  Transport unknown({"no-such-host.invalid", 9'092}, nullptr, 0);
  EXPECT_EQ(open(unknown), Transport::Opening::failed);
  EXPECT_NE(unknown.problem(), "");
}

TEST(Transport, TriesEveryAddressOfAName) {
  const EchoServer server(nullptr);  // on 127.0.0.1, not on ::1
  Transport transport({"localhost", server.port()}, nullptr, 0);

  EXPECT_EQ(open(transport), Transport::Opening::open) << transport.problem();
}

TEST(Transport, SaysThatTheOtherSideClosed) {
  const EchoServer server(nullptr);
  Transport transport({"127.0.0.1", server.port()}, nullptr, 0);
  ASSERT_EQ(open(transport), Transport::Opening::open);

  // The server hangs up when its client has nothing more to say.
  ::shutdown(transport.descriptor(), SHUT_WR);
  wait_for(transport, POLLIN);

  std::array<std::byte, 10> room{};
  EXPECT_EQ(transport.read(room).end, Transport::Moved::End::closed);
  EXPECT_EQ(transport.problem(), "the broker closed the connection");
}

TEST(TlsTransport, CarriesBytesBothWays) {
  const OwnCertificate own("IP:127.0.0.1");
  const EchoServer server(&own);
  TlsSettings settings;
  settings.ca_pem = own.certificate;
  const TlsContext tls(settings);
  Transport transport({"127.0.0.1", server.port()}, &tls, 0);

  ASSERT_EQ(open(transport), Transport::Opening::open) << transport.problem();

  EXPECT_EQ(echo(transport, long_text()), long_text());
}

TEST(TlsTransport, TakesOnlyCertificatesThatSomebodyTrustedVouchesFor) {
  TlsSettings trusting;
  trusting.ca_pem = "the server's";
  EXPECT_EQ(problem_of_tls("IP:127.0.0.1", trusting), "");

  TlsSettings other;
  other.ca_pem = OwnCertificate("IP:127.0.0.1").certificate;
  EXPECT_THAT(problem_of_tls("IP:127.0.0.1", other), HasSubstr("TLS: certificate: "));
  EXPECT_THAT(problem_of_tls("IP:127.0.0.1", TlsSettings{}), HasSubstr("TLS: certificate: "));

  TlsSettings careless;
  careless.verify = false;
  EXPECT_EQ(problem_of_tls("IP:127.0.0.1", careless), "");
}

TEST(TlsTransport, TakesOnlyCertificatesOfTheHostThatItAskedFor) {
  TlsSettings settings;
  settings.ca_pem = "the server's";
  EXPECT_EQ(problem_of_tls("DNS:localhost", settings, "localhost"), "");
  EXPECT_THAT(problem_of_tls("DNS:localhost", settings, "127.0.0.1"), HasSubstr("mismatch"));
  EXPECT_THAT(problem_of_tls("DNS:elsewhere.example", settings, "localhost"),
              HasSubstr("mismatch"));

  settings.verify_host = false;
  EXPECT_EQ(problem_of_tls("DNS:elsewhere.example", settings, "localhost"), "");
}

TEST(TlsTransport, SaysSoWhenTheOtherSideSpeaksNoTls) {
  const EchoServer server(nullptr);
  TlsSettings settings;
  settings.verify = false;
  const TlsContext tls(settings);
  Transport transport({"127.0.0.1", server.port()}, &tls, 0);

  EXPECT_EQ(open(transport), Transport::Opening::failed);
  EXPECT_THAT(transport.problem(), HasSubstr("TLS: "));
}

std::string problem_of_context(const TlsSettings& settings) {
  try {
    const TlsContext context(settings);
  } catch (const SourceError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TlsContext, NamesThePropertyThatCannotBeUsed) {
  TlsSettings settings;
  settings.ca_location = "/no/such/file.pem";
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.ca.location: "));
  settings = {};
  settings.ca_pem = "no certificate";
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.ca.pem: "));
  settings = {};
  settings.certificate_pem = "no certificate";
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.certificate.pem: "));
  settings = {};
  settings.key_location = "/no/such/key.pem";
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.key.location: "));
  settings = {};
  settings.cipher_suites = "NO-SUCH-CIPHER";
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.cipher.suites: "));
}

TEST(TlsContext, UsesACertificateAndAKeyOfItsOwn) {
  const OwnCertificate own("DNS:client.example");
  TlsSettings settings;
  settings.certificate_pem = own.certificate;
  settings.key_pem = own.key;
  EXPECT_EQ(problem_of_context(settings), "no error");

  settings.key_pem = OwnCertificate("DNS:client.example").key;
  EXPECT_THAT(problem_of_context(settings), HasSubstr("property ssl.key.pem: "));
}

}  // namespace
}  // namespace sluice::wire_test
