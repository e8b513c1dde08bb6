#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A small job that a test changes a line of.
struct SmallJob {
  std::string source = "source: {type: file, path: events.ndjson}\n";
  std::string format =
      "format:\n"
      "  type: json\n"
      "  event_time: {field: ts, unit: ms}\n"
      "  key: [user_id, {field: geo.country, as: country}]\n"
      "  values: {amount: {field: order.amount, type: \"decimal(2)\"}}\n";
  std::string windows = "windows: [{name: 1m, type: tumbling, size: 1m}]\n";
  std::string aggregates =
      "aggregates: [{as: events, fn: count}, {as: revenue, fn: sum, of: amount}]\n";
  std::string sinks = "sinks: [{type: stdout}]\n";
  std::string rest = "http: {listen: off}\n";

  std::string yaml() const {
    return "pipeline: shop\n" + source + format + windows + aggregates + sinks + rest;
  }
};

constexpr const char* three_events =
    "{\"ts\":1700000000000,\"user_id\":\"u7\",\"order\":{\"amount\":10.25}}\n"
    "{\"ts\":1700000001000,\"user_id\":\"u7\",\"geo\":{\"country\":null},\"order\":{}}\n"
    "{\"ts\":1700000002000,\"user_id\":\"u7\",\"order\":{\"amount\":2.25}}\n";

class SmallFileJob : public testing::Test {
 protected:
  SmallFileJob() { job_.source = file_source(folder_.file("events.ndjson", three_events)); }
  RunResult run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"run", folder_.file("job.yaml", job_.yaml()), "--once"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sluice(arguments);
  }
  RunResult check() { return run_sluice({"check", folder_.file("job.yaml", job_.yaml())}); }

  TempFolder folder_;
  SmallJob job_;
};

constexpr const char* expected_row =
    "{\"pipeline\":\"shop\",\"window\":\"1m\",\"window_start\":1699999980000,"
    "\"window_end\":1700000040000,\"key\":{\"user_id\":\"u7\",\"country\":null},"
    "\"values\":{\"events\":3,\"revenue\":12.50},\"revision\":0}\n";

TEST_F(SmallFileJob, WritesARowToTheByteAsTheManualShowsIt) {
  const RunResult result = run();
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.output, expected_row);
}

TEST_F(SmallFileJob, AppendsTheSameRowsToAFile) {
  const std::string rows = folder_.file("rows.ndjson", "");
  job_.sinks = "sinks: [{type: file, path: " + rows + "}]\n";
  EXPECT_EQ(run().code, 0);
  EXPECT_EQ(run().code, 0);
  EXPECT_EQ(content_of(rows), std::string(expected_row) + expected_row);
}

TEST_F(SmallFileJob, CountsAJobWithoutAKeyAsOneKey) {
  job_.format = "format: {type: json, event_time: {field: ts, unit: ms}}\n";
  job_.aggregates = "aggregates: [{as: events, fn: count}]\n";
  const RunResult result = run();
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("\"key\":{},\"values\":{\"events\":3}"));
}

TEST_F(SmallFileJob, OfNoEventsIsDoneAtOnceWithoutRows) {
  folder_.file("events.ndjson", "");
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(stats_in(folder_.path("stats.json")).at("events_read"), 0U);
}

TEST_F(SmallFileJob, StatsNameEveryCounterOfTheContract) {
  ASSERT_EQ(run({"--stats", folder_.path("stats.json")}).code, 0);
  const Stats stats = stats_in(folder_.path("stats.json"));
  for (const char* name : {"events_read", "events_accepted", "late_dropped", "malformed",
                           "future_dropped", "keys_full", "state_full", "filtered", "tombstones",
                           "in_no_window", "parked", "windows_closed", "rows_emitted"}) {
    EXPECT_TRUE(stats.contains(name)) << name;
  }
  EXPECT_EQ(stats.at("events_read"), 3U);
  EXPECT_EQ(stats.at("rows_emitted"), 1U);
}

TEST_F(SmallFileJob, AWrongOptionEndsItWithCode2NamingFileLineKeyAndSuggestion) {
  job_.windows = "windows: [{name: 1m, type: tumbling, sizze: 1m}]\n";
  for (const RunResult& result : {run(), check()}) {
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, HasSubstr(folder_.path("job.yaml") + ":8: windows[0].sizze: "
                                                                    "unknown option; did you "
                                                                    "mean size?"));
  }
}

TEST_F(SmallFileJob, EveryFaultOfAJobIsNamedAtOnce) {
  job_.windows = "windows: [{name: 1m, type: tumbling, size: 10}]\n";
  job_.aggregates = "aggregates: [{as: revenue, fn: sum, of: amont}]\n";
  job_.rest = "where: \"amount > 'a'\"\nhttp: {listen: off}\n";
  const RunResult result = check();
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("windows[0].size: \"10\" is no duration"));
  EXPECT_THAT(result.errors, HasSubstr("did you mean amount?"));
  EXPECT_THAT(result.errors, HasSubstr("where: compares a number with a string, at character 8"));
}

TEST_F(SmallFileJob, TextThatIsNoYamlEndsItWithCode2NamingTheLine) {
  job_.rest = "http: {listen: [\n";
  const RunResult result = check();
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, StartsWith(folder_.path("job.yaml") + ":"));
}

TEST_F(SmallFileJob, AJobFileThatIsNotThereEndsItWithCode2) {
  const RunResult result = run_sluice({"run", folder_.path("absent.yaml")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("absent.yaml"));
}

TEST_F(SmallFileJob, AnInputThatIsNotThereEndsItWithCode1) {
  job_.source = file_source(folder_.path("absent.ndjson"));
  const RunResult result = run();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr(folder_.path("absent.ndjson")));
}

TEST_F(SmallFileJob, ASinkThatCannotBeOpenedEndsItWithCode1) {
  job_.sinks = "sinks: [{type: file, path: " + folder_.path("absent/rows.ndjson") + "}]\n";
  const RunResult result = run();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr(folder_.path("absent/rows.ndjson")));
}

TEST_F(SmallFileJob, AnOutputThatIsFullEndsItWithCode1) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const RunResult result =
      run_sluice({"run", folder_.file("job.yaml", job_.yaml()), "--once"}, {.output = full});
  ::close(full);
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("stdout cannot be written"));
}

TEST_F(SmallFileJob, StatsThatCannotBeWrittenEndItWithCode1) {
  const RunResult result = run({"--stats", folder_.path("absent/stats.json")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("absent/stats.json"));
}

TEST_F(SmallFileJob, OnMalformedFailEndsItWithCode1NamingOffsetFieldAndReason) {
  folder_.file("events.ndjson", std::string(three_events) + "{\"ts\":\"soon\"}\n");
  job_.format += "  on_malformed: fail\n";
  const RunResult result = run();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("offset 191"));
  EXPECT_THAT(result.errors, HasSubstr("field ts"));
  EXPECT_THAT(result.errors, HasSubstr("bad_time"));
}

TEST_F(SmallFileJob, MalformedEventsAreDroppedAndCountedByDefault) {
  folder_.file("events.ndjson", "\"\n{\"ts\":\"soon\"}\n" + std::string(three_events) + "[]\n");
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output, expected_row);
  const Stats stats = stats_in(folder_.path("stats.json"));
  EXPECT_EQ(stats.at("malformed"), 3U);
  EXPECT_TRUE(balances(stats));
}

/// Far more keys than a state of a megabyte holds.
std::string events_of_many_keys() {
  std::string events;
  for (int i = 0; i < 50'000; ++i) {
    events += "{\"ts\":1700000000000,\"user_id\":" + std::to_string(i) + "}\n";
  }
  return events;
}

TEST_F(SmallFileJob, AStateThatIsFullEndsItWithCode1NamingTheOption) {
  folder_.file("events.ndjson", events_of_many_keys());
  job_.rest += "engine: {max_state_bytes: 1MiB}\n";
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("max_state_bytes"));
  EXPECT_TRUE(balances(stats_in(folder_.path("stats.json"))));
}

TEST_F(SmallFileJob, AStateThatIsFullMayDropNewKeysAndCountsThem) {
  folder_.file("events.ndjson", events_of_many_keys());
  job_.rest += "engine: {max_state_bytes: 1MiB, on_full: drop_new}\n";
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 0) << result.errors;
  const Stats stats = stats_in(folder_.path("stats.json"));
  EXPECT_TRUE(balances(stats));
  EXPECT_EQ(stats.at("events_read"), 50'000U);
  EXPECT_GT(stats.at("state_full") + stats.at("keys_full"), 0U);
  EXPECT_GT(stats.at("rows_emitted"), 1'000U);
  EXPECT_EQ(stats.at("rows_emitted"), stats.at("events_accepted"));
}

TEST_F(SmallFileJob, MoreKeysThanAllowedEndItWithCode1NamingTheOption) {
  folder_.file("events.ndjson", events_of_many_keys());
  job_.rest += "engine: {max_keys: 1000}\n";
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("max_keys"));
}

TEST_F(SmallFileJob, CheckPrintsThePlan) {
  const RunResult result = check();
  EXPECT_EQ(result.code, 0) << result.errors;
  for (const char* part :
       {"pipeline shop", "window 1m: size 60s", "sum of amount", "bytes a key", "backend "}) {
    EXPECT_THAT(result.output, HasSubstr(part));
  }
}

TEST_F(SmallFileJob, CheckShowsTheFilterAndWhatIsDecodedForItAlone) {
  job_.rest = "where: \"amount > 0 AND country IS NULL AND kind = 'view'\"\nhttp: {listen: off}\n";
  const RunResult result = check();
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output,
              HasSubstr("where amount > 0 AND country IS NULL AND kind = 'view'\n"
                        "  reads beside the values: geo.country (null or not), kind (string)\n"));
}

TEST_F(SmallFileJob, TakesOutWhatItsFilterDoesNotLetThrough) {
  job_.rest = "where: amount > 2.25 OR amount IS NULL\nhttp: {listen: off}\n";
  const RunResult result = run({"--stats", folder_.path("stats.json")});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("\"values\":{\"events\":2,\"revenue\":10.25}"));
  EXPECT_EQ(stats_in(folder_.path("stats.json")).at("filtered"), 1U);
}

TEST(CommandLine, PrintsTheVersion) {
  const RunResult result = run_sluice({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, testing::ContainsRegex("^sluice [0-9]+\\.[0-9]+\\.[0-9]+ \\("));
}

TEST(CommandLine, WithoutACommandIsWrongUsage) {
  EXPECT_EQ(run_sluice({}).code, 2);
  EXPECT_EQ(run_sluice({"walk"}).code, 2);
  EXPECT_EQ(run_sluice({"run"}).code, 2);
  EXPECT_EQ(run_sluice({"run", "job.yaml", "--twice"}).code, 2);
  EXPECT_EQ(run_sluice({"--help"}).code, 0);
}

TEST(CommandLine, ChecksItsOwnDefaults) {
  const TempFolder folder;
  const RunResult defaults = run_sluice({"config", "--defaults"});
  EXPECT_EQ(defaults.code, 0);
  const RunResult result = run_sluice({"check", folder.file("job.yaml", defaults.output)});
  EXPECT_EQ(result.code, 0) << result.errors;
}

}  // namespace
}  // namespace sluice::system_test
