#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/system/support/http.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/poll.hpp"
#include "tests/system/support/process.hpp"
#include "tests/system/support/service.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

/// Standard input stays open, so that the program keeps running with what it has shown.
constexpr const char* shop_job = R"yaml(
pipeline: shop
source: {type: file, path: "-"}
format:
  type: json
  event_time: {field: ts, unit: ms}
  key: [user, {field: vip, type: boolean}]
  values: {amount: {type: "decimal(2)"}, ms: {type: int64}}
watermark: {out_of_orderness: 0s}
windows: [{name: 1s, type: tumbling, size: 1s}, {name: 10s, type: sliding, size: 10s, slide: 5s}]
aggregates:
  - {as: events, fn: count}
  - {as: revenue, fn: sum, of: amount}
  - {as: slowest, fn: max, of: ms}
sinks: [{type: prometheus}]
http: {listen: "127.0.0.1:0"}
)yaml";

/// The second from 1700000000 closes with the event a second later, [1699999995, 1700000005) with
/// the one at ..05. The last event but one is late, the last one malformed.
constexpr const char* events = R"({"ts":1700000000000,"user":"u1","vip":true,"amount":10.25,"ms":7}
{"ts":1700000000400,"user":"u1","vip":true,"amount":2.25,"ms":40}
{"ts":1700000000500,"user":"é \"q\"","amount":-0.5}
{"ts":1700000001000,"user":"u1","vip":true,"amount":100,"ms":1}
)";
constexpr const char* end_of_the_long_window =
    R"({"ts":1700000005000,"user":"u2","vip":false,"amount":1.5,"ms":3}
)";
constexpr const char* dropped_events = R"({"ts":1699999990000,"user":"u1"}
{"ts":true}
)";

/// The one value that a query gives; nothing while there is none, or more.
std::optional<double> query(const std::string& prometheus, const std::string& expression) {
  const HttpReply reply = http_get(prometheus + "/api/v1/query?query=" + url_escaped(expression));
  simdjson::dom::parser parser;
  simdjson::dom::array result;
  std::string_view value;
  if (parser.parse(simdjson::padded_string(reply.body))["data"]["result"].get(result) !=
          simdjson::SUCCESS ||
      result.size() != 1 || result.at(0)["value"].at(1).get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return std::strtod(std::string(value).c_str(), nullptr);
}

class Prometheus : public testing::Test {
 protected:
  void SetUp() override {
    program_.emplace(sluice({"run", folder_.file("job.yaml", shop_job)}),
                     ProcessOptions{.feed = true});
    address_ = address_of(*program_);
    ASSERT_FALSE(address_.empty()) << program_->errors();
    service_.emplace("prometheus.sh", folder_.path("prometheus"),
                     std::vector<std::string>{address_.substr(std::string("http://").size())});
    if (service_->skipped()) GTEST_SKIP() << service_->reason();
    ASSERT_TRUE(service_->running()) << service_->reason();
  }

  /// Waits until Prometheus answers with this number.
  void expect_answer(const std::string& expression, double expected) {
    std::optional<double> answer;
    EXPECT_TRUE(eventually([&] {
      answer = query(service_->value("url"), expression);
      return answer == expected;
    })) << expression
        << " is " << (answer ? std::to_string(*answer) : "nothing") << ", expected " << expected
        << "\n"
        << http_get(address_ + "/metrics").body;
  }

  TempFolder folder_;
  std::optional<Process> program_;
  std::string address_;
  std::optional<Service> service_;
};

TEST_F(Prometheus, AnswersWithTheResultsAndCountersOfTheRunningProgram) {
  ASSERT_TRUE(program_->write(events));
  const std::string u1 = R"({job="sluice",pipeline="shop",window="1s",user="u1",vip="true"})";
  expect_answer("sluice_result_revenue" + u1, 12.5);
  expect_answer("sluice_result_events" + u1, 2);
  expect_answer("sluice_result_slowest" + u1, 40);
  expect_answer(R"(sluice_result_revenue{window="1s",user="é \"q\"",vip=""})", -0.5);
  expect_answer(R"(sum(sluice_result_events{window="1s"}))", 3);
  // A null result has no sample.
  expect_answer(R"(count(sluice_result_slowest{window="1s"}))", 1);
  expect_answer(R"(sluice_window_end_timestamp_seconds{pipeline="shop",window="1s"})",
                1'700'000'001);
  expect_answer("sluice_events_read_total", 4);
  expect_answer("sluice_events_accepted_total", 4);

  ASSERT_TRUE(program_->write(end_of_the_long_window));
  expect_answer(R"(sluice_result_revenue{window="10s",user="u1"})", 112.5);
  expect_answer(R"(sluice_window_end_timestamp_seconds{window="10s"})", 1'700'000'005);
  // The newest second with rows is shown, and no key of an older one.
  expect_answer(R"(sum(sluice_result_events{window="1s"}))", 1);
  expect_answer(R"(sluice_result_revenue{window="1s",user="u1"})", 100);

  ASSERT_TRUE(program_->write(dropped_events));
  expect_answer("sluice_events_read_total", 7);
  expect_answer("sluice_late_dropped_total", 1);
  expect_answer("sum(sluice_malformed_total)", 1);
  expect_answer(R"(sluice_malformed_total{reason="bad_time"})", 1);
  expect_answer("up", 1);

  program_->end_input();
  const auto ending = program_->wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << program_->errors();
}

}  // namespace
}  // namespace sluice::system_test
