#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <simdjson.h>
#include <unistd.h>

#include "tests/system/support/http.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/poll.hpp"
#include "tests/system/support/process.hpp"
#include "tests/system/support/promtool.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using testing::HasSubstr;

/// Event time starts at a fixed hour of a fixed day, so that the day's window never closes by
/// itself, and the short ones do all the time.
constexpr const char* behaviour_job = R"yaml(
pipeline: behaviour
source: {type: generator, rate: 20000, start: 1700000000000, keys: 20, disorder: 50ms,
         malformed_ratio: 0.01, partitions: 2, seed: 5}
format:
  type: json
  event_time: {field: time, unit: ms}
  key: user_id
  values: {value: {field: behaviour_value, type: "decimal(2)"}}
watermark: {out_of_orderness: 50ms}
windows: [{name: short, type: tumbling, size: 100ms}, {name: day, type: tumbling, size: 1d}]
aggregates: [{as: events, fn: count}, {as: worth, fn: sum, of: value}]
sinks: [{type: stdout}, {type: prometheus}]
engine: {batch_events: 4096, batch_bytes: 1MiB}
http: {listen: "127.0.0.1:0"}
)yaml";

/// Sum of the counts in the rows of a window.
std::uint64_t events_in(const std::string& rows, const std::string& window) {
  std::uint64_t events = 0;
  simdjson::ondemand::parser parser;
  for (const std::string& line : lines_of(rows)) {
    const simdjson::padded_string text(line);
    simdjson::ondemand::document row = parser.iterate(text);
    const std::string_view name = row["window"].get_string().value();
    if (name == window) events += row["values"]["events"].get_uint64().value();
  }
  return events;
}

class GeneratorJob : public testing::Test {
 protected:
  std::vector<std::string> run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"run", folder_.file("job.yaml", behaviour_job), "--stats",
                                       stats()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return sluice(arguments);
  }
  std::string stats() const { return folder_.path("stats.json"); }

  /// Waits until short windows have closed, then asks the program to stop.
  static void stop_when_under_way(Process& program) {
    const std::string address = address_of(program);
    ASSERT_FALSE(address.empty()) << program.errors();
    ASSERT_TRUE(reaches(address, "sluice_windows_closed_total", 3));
    program.send(SIGTERM);
  }

  TempFolder folder_;
};

TEST_F(GeneratorJob, IsStoppedBySigtermWithCode0AndKeepsOpenWindowsToItself) {
  Process program(run());
  stop_when_under_way(program);
  const auto ending = program.wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << program.errors();
  const Stats counters = stats_in(stats());
  EXPECT_TRUE(balances(counters));
  EXPECT_GT(counters.at("malformed"), 0U);
  EXPECT_GT(events_in(program.output(), "short"), 0U);
  EXPECT_LT(events_in(program.output(), "short"), counters.at("events_accepted"));
  EXPECT_EQ(events_in(program.output(), "day"), 0U);
  EXPECT_EQ(counters.at("rows_emitted"), lines_of(program.output()).size());
}

TEST_F(GeneratorJob, ClosesOpenWindowsWhenItIsStoppedWithDrain) {
  Process program(run({"--drain"}));
  stop_when_under_way(program);
  const auto ending = program.wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << program.errors();
  const Stats counters = stats_in(stats());
  EXPECT_EQ(events_in(program.output(), "day"), counters.at("events_accepted"));
  EXPECT_EQ(events_in(program.output(), "short"), counters.at("events_accepted"));
  EXPECT_EQ(counters.at("rows_emitted"), lines_of(program.output()).size());
}

TEST_F(GeneratorJob, IsStoppedBySigintTheSameWay) {
  Process program(run());
  ASSERT_FALSE(address_of(program).empty());
  program.send(SIGINT);
  const auto ending = program.wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << program.errors();
}

/// Nobody reads the rows, so that the first signal cannot come to an end.
TEST_F(GeneratorJob, IsEndedAtOnceWithCode1ByASecondSignal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  Process program(run(), {.output = ends[1]});
  const bool full = eventually([&] {
    pollfd writable{.fd = ends[1], .events = POLLOUT, .revents = 0};
    return ::poll(&writable, 1, 0) == 0;
  });
  EXPECT_TRUE(full) << program.errors();
  program.send(SIGTERM);
  program.send(SIGINT);
  const auto ending = program.wait();
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_TRUE(ending.has_value()) << "it waits for its output";
  EXPECT_EQ(ending->code, 1);
}

TEST_F(GeneratorJob, ServesItsPages) {
  Process program(run());
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  EXPECT_TRUE(eventually([&] { return http_get(address + "/-/ready").status == 200; }));
  EXPECT_EQ(http_get(address + "/-/healthy").status, 200);
  const HttpReply landing = http_get(address + "/");
  EXPECT_EQ(landing.status, 200);
  EXPECT_THAT(landing.content_type, HasSubstr("text/html"));
  EXPECT_THAT(landing.body, HasSubstr("behaviour"));
  EXPECT_THAT(landing.body, HasSubstr("href=\"/metrics\""));
  EXPECT_EQ(http_get(address + "/absent").status, 404);
}

TEST_F(GeneratorJob, ServesMetricsThatAgreeWithItsStats) {
  Process program(run());
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  ASSERT_TRUE(reaches(address, "sluice_windows_closed_total", 3));
  const HttpReply metrics = http_get(address + "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.content_type, HasSubstr("text/plain; version=0.0.4"));
  for (const char* name :
       {"sluice_result_events", "sluice_result_worth", "sluice_window_end_timestamp_seconds",
        "sluice_events_read_total", "sluice_events_accepted_total", "sluice_late_dropped_total",
        "sluice_malformed_total", "sluice_future_dropped_total", "sluice_sum_overflows_total",
        "sluice_rows_emitted_total", "sluice_watermark_timestamp_seconds",
        "sluice_kernel_launches_total", "sluice_kernel_duration_seconds_total",
        "sluice_kernel_bytes_total", "sluice_build_info", "process_resident_memory_bytes"}) {
    EXPECT_TRUE(sample(metrics.body, name).has_value()) << name;
  }
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait().has_value());
  const Stats counters = stats_in(stats());
  EXPECT_LE(sample(metrics.body, "sluice_events_read_total").value_or(0),
            static_cast<double>(counters.at("events_read")));
}

TEST_F(GeneratorJob, ServesMetricsThatPromtoolFindsNothingWrongWith) {
  Process program(run());
  const std::string address = address_of(program);
  ASSERT_FALSE(address.empty()) << program.errors();
  ASSERT_TRUE(reaches(address, "sluice_windows_closed_total", 3));
  const std::string findings = promtool_findings(http_get(address + "/metrics").body);
  if (findings.starts_with("SKIPPED")) GTEST_SKIP() << findings;
  EXPECT_EQ(findings, "");
}

TEST_F(GeneratorJob, LogsLogfmtByDefault) {
  Process program(run({"--log.level", "debug"}));
  stop_when_under_way(program);
  ASSERT_TRUE(program.wait().has_value());
  const std::vector<std::string> lines = lines_of(program.errors());
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) {
    const auto fields = logfmt_fields(line);
    for (const char* name : {"time", "level", "msg"}) {
      EXPECT_TRUE(fields.contains(name)) << line;
    }
  }
}

TEST_F(GeneratorJob, LogsJsonWhenAsked) {
  Process program(run({"--log.format", "json", "--log.level", "debug"}));
  ASSERT_TRUE(program.wait_for_errors(
      [](std::string_view log) { return log.find("listening") != log.npos; }));
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait().has_value());
  simdjson::dom::parser parser;
  const std::vector<std::string> lines = lines_of(program.errors());
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) {
    simdjson::dom::object object;
    ASSERT_EQ(parser.parse(line).get(object), simdjson::SUCCESS) << line;
    for (const char* name : {"time", "level", "msg"}) {
      EXPECT_EQ(object[name].is_string(), true) << line;
    }
  }
}

TEST_F(GeneratorJob, EndsWithCode1WhenItsPortIsTaken) {
  Process first(run());
  const std::string address = address_of(first);
  ASSERT_FALSE(address.empty()) << first.errors();
  const std::string port = address.substr(address.rfind(':') + 1);
  std::string job = behaviour_job;
  job.replace(job.find("127.0.0.1:0"), 11, "127.0.0.1:" + port);
  const RunResult second = run_sluice({"run", folder_.file("second.yaml", job)});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.errors, HasSubstr("127.0.0.1:" + port));
}

struct Bounded {
  const char* name;
  const char* source;
  const char* format;
};

/// Generators with an end, flat out.
class BoundedGenerator : public testing::TestWithParam<Bounded> {
 protected:
  static std::string job() {
    return std::string(
               "pipeline: bounded\nsource: {type: generator, seed: 3, events: 50000, "
               "start: 1700000000000, partitions: 3, disorder: 500ms, kind: ") +
           GetParam().source + "}\nformat: {type: json, " + GetParam().format +
           "}\nwatermark: {out_of_orderness: 500ms}\n"
           "windows: [{name: w, type: tumbling, size: 250ms}]\n"
           "aggregates: [{as: events, fn: count}]\n"
           "sinks: [{type: stdout}]\nhttp: {listen: off}\n"
           "engine: {batch_events: 4096, batch_bytes: 1MiB}\n";
  }
};

TEST_P(BoundedGenerator, GivesEveryEventToAWindowAndTheSameRowsEachTime) {
  const TempFolder folder;
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 2; ++i) {
    const RunResult result = run_sluice(
        {"run", folder.file("job.yaml", job()), "--once", "--stats", folder.path("stats.json")});
    ASSERT_EQ(result.code, 0) << result.errors;
    const Stats counters = stats_in(folder.path("stats.json"));
    EXPECT_EQ(counters.at("events_read"), 50'000U);
    EXPECT_EQ(counters.at("events_accepted"), 50'000U);
    EXPECT_EQ(events_in(result.output, "w"), 50'000U);
    rows.push_back(lines_of(result.output));
    std::sort(rows.back().begin(), rows.back().end());
  }
  EXPECT_EQ(rows[0], rows[1]);
}

std::string name_of(const testing::TestParamInfo<Bounded>& test) { return test.param.name; }

constexpr Bounded behaviour{"UserBehaviour", "user_behaviour",
                            "event_time: {field: time}, key: user_id"};
constexpr Bounded bids{"NexmarkBids", "nexmark_bids",
                       "event_time: {field: date_time}, key: auction"};
constexpr Bounded yahoo{"Yahoo", "yahoo", "event_time: {field: event_time}, key: ad_id"};

INSTANTIATE_TEST_SUITE_P(Kinds, BoundedGenerator, testing::Values(behaviour, bids, yahoo), name_of);

}  // namespace
}  // namespace sluice::system_test
