#include "host/http/server.hpp"

#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/http/gzip.hpp"
#include "host/log.hpp"
#include "tests/host/http/raw_client.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// Waits for another thread to get somewhere; false after 10 seconds.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    routes_["/metrics"] = [](const Request&) {
      return Response{.content_type = "text/plain; version=0.0.4", .body = shared("up 1\n")};
    };
    routes_["/page"] = [this](const Request&) { return Response{.body = page_}; };
    routes_["/rendered"] = [this](const Request&) {
      return Response{.body = page_, .gzip_body = shared(gzip("compressed beforehand"))};
    };
    routes_["/echo"] = [](const Request& request) {
      return Response{.status = 503,
                      .body = shared(request.method + " " + request.target +
                                     (request.accepts_gzip ? " gzip" : " identity"))};
    };
    routes_["/throws"] = [](const Request&) -> Response {
      throw std::runtime_error("secret cause");
    };
    routes_["/bad-status"] = [](const Request&) { return Response{.status = 99}; };
  }

  void start(const ListenAddress& address = {}) {
    server_.emplace(address, routes_, limits_, logger_);
  }
  std::uint16_t port() const { return server_->port(); }
  const HttpCounters& counters() const { return server_->counters(); }

  const std::shared_ptr<const std::string> page_ = shared(std::string(20'000, 'x') + "end");
  Routes routes_;
  Limits limits_;
  std::ostringstream log_;
  Logger logger_{LogFormat::logfmt, LogLevel::debug, log_};
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersAGetFromItsRoute) {
  start();

  RawClient client(port());
  const RawResponse response = client.get("/metrics");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.fields.at("content-type"), "text/plain; version=0.0.4");
  EXPECT_EQ(response.body, "up 1\n");
  EXPECT_EQ(counters().responses[200], 1U);
  EXPECT_EQ(counters().connections_accepted, 1U);
}

TEST_F(HttpServerTest, AnswersAHeadWithTheFieldsOfTheGetAndNoBody) {
  start();

  RawClient client(port());
  client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse response = client.read_response(false);

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.fields.at("content-length"), "5");
  EXPECT_EQ(client.get("/echo").body, "GET /echo identity");  // and nothing of a body before it
}

TEST_F(HttpServerTest, MatchesThePathWholeAndWithoutItsQuery) {
  start();

  RawClient client(port());

  EXPECT_EQ(client.get("/echo?a=b").body, "GET /echo?a=b identity");
  EXPECT_EQ(client.get("/echo/more").status, 404);
  EXPECT_EQ(client.get("/").status, 404);
  EXPECT_EQ(counters().responses[404], 2U);
}

TEST_F(HttpServerTest, RefusesOtherMethodsAndNamesTheAllowedOnes) {
  start();

  RawClient client(port());
  client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  const RawResponse response = client.read_response();

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.fields.at("allow"), "GET, HEAD");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, KeepsAConnectionForSeveralRequests) {
  start();

  RawClient client(port());

  EXPECT_EQ(client.get("/metrics").body, "up 1\n");
  EXPECT_EQ(client.get("/metrics").body, "up 1\n");
  EXPECT_EQ(counters().connections_accepted, 1U);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
  start();

  RawClient client(port());
  client.send("GET /echo?1 HTTP/1.1\r\nHost: x\r\n\r\nGET /echo?2 HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(client.read_response().body, "GET /echo?1 identity");
  EXPECT_EQ(client.read_response().body, "GET /echo?2 identity");
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  start();

  RawClient http11(port());
  RawClient http10(port());
  http11.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  http10.send("GET /metrics HTTP/1.0\r\n\r\n");

  EXPECT_THAT(http11.read_to_end(), testing::EndsWith("up 1\n"));
  EXPECT_THAT(http10.read_to_end(), testing::EndsWith("up 1\n"));
}

TEST_F(HttpServerTest, IgnoresASmallBodyAndRefusesALargeOne) {
  start();

  RawClient small(port());
  RawClient large(port());

  EXPECT_EQ(small.get("/metrics", "Content-Length: 0\r\n").status, 200);
  small.send("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(small.read_response().status, 200);
  EXPECT_EQ(large.get("/metrics", "Content-Length: 100000\r\n").status, 413);
}

TEST_F(HttpServerTest, RefusesAHeaderOverTheLimit) {
  limits_.max_header_bytes = 1'000;
  start();

  RawClient whole(port());
  RawClient endless(port());
  endless.send("GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + std::string(5'000, 'a'));

  EXPECT_EQ(whole.get("/metrics", "X: " + std::string(1'000, 'a') + "\r\n").status, 431);
  EXPECT_EQ(endless.read_response().status, 431);
  EXPECT_EQ(whole.read_to_end(), "");
  EXPECT_EQ(RawClient(port()).get("/metrics", "X: " + std::string(900, 'a') + "\r\n").status, 200);
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  start();

  for (const char* bytes :
       {"hello\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET /me trics HTTP/1.1\r\nHost: x\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n"}) {
    RawClient client(port());
    client.send(bytes);
    EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bytes;
  }
  EXPECT_EQ(counters().responses[400], 7U);
}

TEST_F(HttpServerTest, CutsOffARequestThatDoesNotArrive) {
  limits_.request_timeout = std::chrono::milliseconds(200);
  start();

  RawClient silent(port());
  RawClient halfway(port());
  RawClient second(port());
  halfway.send("GET /metrics HTTP/1.1\r\nHo");
  EXPECT_EQ(second.get("/metrics").status, 200);
  second.send("G");

  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(halfway.read_to_end(), "");
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_TRUE(eventually([&] { return counters().timeouts == 3; }));
}

TEST_F(HttpServerTest, CutsOffAClientThatDoesNotReadItsResponse) {
  limits_.request_timeout = std::chrono::milliseconds(200);
  const auto huge = shared(std::string(64 << 20, 'x'));
  routes_["/huge"] = [huge](const Request&) { return Response{.body = huge}; };
  start();

  RawClient client(port());
  client.send("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_TRUE(
      eventually([&] { return counters().timeouts == 1 && counters().connections_open == 0; }));
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionWithoutCallingItATimeout) {
  limits_.idle_timeout = std::chrono::milliseconds(100);
  start();

  RawClient client(port());
  client.get("/metrics");

  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(eventually([&] { return counters().connections_open == 0; }));
  EXPECT_EQ(counters().timeouts, 0U);
}

TEST_F(HttpServerTest, RefusesConnectionsOverTheLimitAndServesAgainBelowIt) {
  limits_.max_connections = 2;
  start();

  RawClient first(port());
  first.get("/metrics");
  {
    RawClient second(port());
    second.get("/metrics");
    RawClient third(port());
    EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_EQ(counters().connections_refused, 1U);
    EXPECT_EQ(counters().connections_open, 2U);
  }

  ASSERT_TRUE(eventually([&] { return counters().connections_open == 1; }));
  EXPECT_EQ(RawClient(port()).get("/metrics").status, 200);
}

TEST_F(HttpServerTest, CompressesALargeBodyForAClientThatAcceptsIt) {
  start();

  RawClient client(port());
  const RawResponse compressed = client.get("/page", "Accept-Encoding: gzip\r\n");
  const RawResponse plain = client.get("/page");
  const RawResponse small = client.get("/metrics", "Accept-Encoding: gzip\r\n");

  EXPECT_EQ(compressed.fields.at("content-encoding"), "gzip");
  EXPECT_EQ(compressed.fields.at("vary"), "Accept-Encoding");
  EXPECT_EQ(gunzip(compressed.body), *page_);
  EXPECT_EQ(plain.fields.count("content-encoding"), 0U);
  EXPECT_EQ(plain.fields.at("vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body, *page_);
  EXPECT_EQ(small.body, "up 1\n");
}

TEST_F(HttpServerTest, SendsABodyThatWasCompressedBeforehand) {
  start();

  RawClient client(port());

  EXPECT_EQ(gunzip(client.get("/rendered", "Accept-Encoding: gzip\r\n").body),
            "compressed beforehand");
  EXPECT_EQ(client.get("/rendered").body, *page_);
}

TEST_F(HttpServerTest, TellsARouteWhatItNeedsToKnow) {
  start();

  RawClient client(port());

  EXPECT_EQ(client.get("/echo?x", "Accept-Encoding: deflate, gzip\r\n").body, "GET /echo?x gzip");
  EXPECT_EQ(client.get("/echo").status, 503);
}

TEST_F(HttpServerTest, HidesWhyARouteFailedFromTheClientAndLogsIt) {
  start();

  RawClient client(port());
  const RawResponse thrown = client.get("/throws");
  const RawResponse bad_status = client.get("/bad-status");

  EXPECT_EQ(thrown.status, 500);
  EXPECT_THAT(thrown.body, Not(HasSubstr("secret")));
  EXPECT_EQ(bad_status.status, 500);
  EXPECT_EQ(client.get("/metrics").status, 200);
  server_.reset();
  EXPECT_THAT(
      log_.str(),
      HasSubstr(R"(level=error msg="HTTP route failed" target=/throws reason="secret cause")"));
  EXPECT_THAT(log_.str(), HasSubstr(R"(target=/bad-status reason="it answered with status 99")"));
}

TEST_F(HttpServerTest, ServesTwentyScrapesAtOnce) {
  start();
  constexpr int scrapers = 20;
  constexpr int scrapes = 10;

  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < scrapers; ++t) {
      threads.emplace_back([this] {
        RawClient client(port());
        for (int i = 0; i < scrapes; ++i) {
          EXPECT_EQ(gunzip(client.get("/page", "Accept-Encoding: gzip\r\n").body), *page_);
        }
      });
    }
  }

  EXPECT_EQ(counters().responses[200], static_cast<unsigned>(scrapers * scrapes));
  EXPECT_EQ(counters().connections_refused, 0U);
}

TEST_F(HttpServerTest, ListensOnIpv6AndOnEveryInterface) {
  start({"::1", 0});
  EXPECT_EQ(RawClient(port(), "::1").get("/metrics").status, 200);

  start({"", 0});
  EXPECT_EQ(RawClient(port(), "127.0.0.1").get("/metrics").status, 200);

  start({"localhost", 0});
  EXPECT_EQ(RawClient(port(), "127.0.0.1").get("/metrics").status, 200);
}

TEST_F(HttpServerTest, SaysWhereAndWhyItCannotListen) {
  start();

  try {
    HttpServer second({"127.0.0.1", port()}, {}, {}, logger_);
    FAIL() << "two servers on one port";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot listen on 127.0.0.1:" + std::to_string(port())));
    EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
  }
}

TEST_F(HttpServerTest, SaysWhichNameItCannotResolve) {
  try {
    HttpServer server({"no-such-host.invalid", 0}, {}, {}, logger_);
    FAIL() << "a name under .invalid was resolved";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot listen on no-such-host.invalid:0: "));
  }
}

TEST_F(HttpServerTest, StopsWithConnectionsInEveryState) {
  limits_.max_connections = 3;
  const auto huge = shared(std::string(64 << 20, 'x'));
  routes_["/huge"] = [huge](const Request&) { return Response{.body = huge}; };
  start();
  RawClient idle(port());
  idle.get("/metrics");
  RawClient halfway(port());
  halfway.send("GET /met");
  RawClient reading(port());
  reading.send("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return counters().connections_open == 3; }));
  RawClient refused(port());
  ASSERT_TRUE(eventually([&] { return counters().connections_refused == 1; }));

  server_.reset();

  EXPECT_EQ(idle.read_to_end(), "");
}

}  // namespace
}  // namespace sluice
