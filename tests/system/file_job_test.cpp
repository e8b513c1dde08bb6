#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/oracle.hpp"
#include "tests/support/scenario.hpp"
#include "tests/system/support/event_text.hpp"
#include "tests/system/support/job_yaml.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using oracle::Event;
using oracle::EventKind;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* small_batches = "engine: {batch_events: 4096, batch_bytes: 1MiB}\n";
constexpr const char* single_events = "engine: {batch_events: 1, batch_bytes: 64KiB}\n";

/// A random stream as a file can hold it: one partition, no tombstones.
struct Stream {
  oracle::Scenario scenario;
  std::vector<Event> events;
};

Stream random_stream(std::uint64_t seed, Encoding encoding, oracle::ScenarioLimits limits) {
  limits.partitions = 1;
  Stream stream{.scenario = oracle::random_scenario(seed, limits), .events = {}};
  oracle::Job& job = stream.scenario.job;
  job.watermark.idle_timeout.reset();
  job.columns.back().required = seed % 3 == 0 && encoding != Encoding::binary;
  for (const oracle::Batch& batch : stream.scenario.batches) {
    for (Event event : batch.events) {
      if (event.kind == EventKind::tombstone) event.kind = EventKind::event;
      stream.events.push_back(std::move(event));
    }
  }
  return stream;
}

/// A stream with the text that says it, and the oracle's answer.
class Case {
 public:
  Case(Stream stream, Encoding encoding)
      : stream_(std::move(stream)),
        encoding_(encoding),
        text_(job(), encoding, stream_.events, stream_.scenario.seed % 2 == 1),
        reference_(job()) {
    for (Event& event : stream_.events) event = text_.carried(std::move(event));
  }

  const oracle::Job& job() const { return stream_.scenario.job; }
  const std::vector<Event>& events() const { return stream_.events; }
  std::string describe() const { return oracle::describe(stream_.scenario); }
  std::string format() const { return text_.format_yaml(true); }

  /// The events from `first` on up to `last`, as a file.
  std::string text(std::size_t first, std::size_t last) const {
    std::string bytes = encoding_ == Encoding::csv ? text_.header() : "";
    for (std::size_t i = first; i < last; ++i) {
      bytes += text_.text_of(stream_.events[i]);
      if (encoding_ != Encoding::binary) bytes += '\n';
    }
    return bytes;
  }
  std::string text() const { return text(0, stream_.events.size()); }

  const oracle::Oracle& reference(std::size_t batch_events) {
    const std::vector<Event>& all = stream_.events;
    for (std::size_t i = 0; i < all.size(); i += batch_events) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto left = static_cast<std::size_t>(all.end() - first);
      oracle::Batch batch;
      batch.now = job().started_at;
      batch.events.assign(first, first + static_cast<std::ptrdiff_t>(std::min(batch_events, left)));
      reference_.feed(batch);
    }
    reference_.end_of_input();
    return reference_;
  }

 private:
  Stream stream_;
  Encoding encoding_;
  EventText text_;
  oracle::Oracle reference_;
};

std::string file_source(const std::string& path) {
  return "source: {type: file, path: " + path + "}\n";
}

/// Runs the job once over `path` and compares every row and the books with the oracle.
void expect_the_oracles_rows(const Case& stream, const oracle::Oracle& reference,
                             const TempFolder& folder, const std::string& path,
                             const std::string& engine, const ProcessOptions& options = {}) {
  const std::string job = folder.file(
      "job.yaml",
      job_yaml(stream.job(),
               {.source = file_source(path), .format = stream.format(), .engine = engine}));
  const std::string stats = folder.path("stats.json");
  const RunResult run = run_sluice({"run", job, "--once", "--stats", stats}, options);
  ASSERT_EQ(run.code, 0) << run.errors << content_of(job);
  EXPECT_EQ(oracle::differences(stream.job(), reference.rows(), rows_in(stream.job(), run.output)),
            "");
  expect_books(reference.books(), stats_in(stats));
}

class FileJob : public testing::TestWithParam<Encoding> {
 protected:
  TempFolder folder_;
};

TEST_P(FileJob, GivesTheOraclesRowsWhileDisorderStaysWithinTheBound) {
  oracle::ScenarioLimits limits;
  limits.beyond_bound = false;
  for (std::uint64_t seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    Case stream(random_stream(seed, GetParam(), limits), GetParam());
    SCOPED_TRACE(stream.describe());
    const std::string path = folder_.file("events", stream.text());
    const oracle::Oracle& reference = stream.reference(stream.events().size());
    expect_the_oracles_rows(stream, reference, folder_, path, small_batches);
  }
}

TEST_P(FileJob, GivesTheOraclesLateEventsAndRevisionsInBatchesOfOneEvent) {
  std::uint64_t late = 0;
  std::uint64_t revised = 0;
  for (std::uint64_t seed = 101; seed <= 112 && !HasFailure(); ++seed) {
    Case stream(random_stream(seed, GetParam(), {}), GetParam());
    SCOPED_TRACE(stream.describe());
    const std::string path = folder_.file("events", stream.text());
    const oracle::Oracle& reference = stream.reference(1);
    expect_the_oracles_rows(stream, reference, folder_, path, single_events);
    late += reference.books().of(oracle::Verdict::late);
    revised += reference.books().rows_revised;
  }
  EXPECT_GT(late, 100U);
  EXPECT_GT(revised, 100U);
}

TEST_P(FileJob, ReadsALongFileInManyBatches) {
  oracle::ScenarioLimits limits;
  limits.beyond_bound = false;
  limits.events = 20'000;
  limits.keys = 300;
  Case stream(random_stream(7, GetParam(), limits), GetParam());
  SCOPED_TRACE(stream.describe());
  const std::string path = folder_.file("events", stream.text());
  expect_the_oracles_rows(stream, stream.reference(stream.events().size()), folder_, path,
                          "engine: {batch_events: 1000, batch_bytes: 32KiB}\n");
}

TEST_P(FileJob, ReadsStandardInput) {
  oracle::ScenarioLimits limits;
  limits.beyond_bound = false;
  Case stream(random_stream(21, GetParam(), limits), GetParam());
  const std::string path = folder_.file("events", stream.text());
  expect_the_oracles_rows(stream, stream.reference(stream.events().size()), folder_, "\"-\"",
                          small_batches, {.input = path});
}

TEST_P(FileJob, ReadsAFolderInTheOrderOfNames) {
  Case stream(random_stream(22, GetParam(), {}), GetParam());
  const std::size_t third = stream.events().size() / 3;
  folder_.file("in/b", stream.text(third, 2 * third));
  folder_.file("in/c", stream.text(2 * third, stream.events().size()));
  folder_.file("in/a", stream.text(0, third));
  expect_the_oracles_rows(stream, stream.reference(1), folder_, folder_.path("in"), single_events);
}

TEST_P(FileJob, ReadsSeveralPathsInTheirOrder) {
  Case stream(random_stream(23, GetParam(), {}), GetParam());
  const std::size_t half = stream.events().size() / 2;
  const std::string second = folder_.file("a", stream.text(half, stream.events().size()));
  const std::string first = folder_.file("z", stream.text(0, half));
  expect_the_oracles_rows(stream, stream.reference(1), folder_, "[" + first + ", " + second + "]",
                          single_events);
}

std::string name_of(const testing::TestParamInfo<Encoding>& test) {
  const char* const names[] = {"Json", "Csv", "Binary"};
  return names[static_cast<int>(test.param)];
}

INSTANTIATE_TEST_SUITE_P(Encodings, FileJob,
                         testing::Values(Encoding::json, Encoding::csv, Encoding::binary), name_of);

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
  job_.rest = "where: \"amount > 0\"\nhttp: {listen: off}\n";
  const RunResult result = check();
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("windows[0].size: \"10\" is no duration"));
  EXPECT_THAT(result.errors, HasSubstr("did you mean amount?"));
  EXPECT_THAT(result.errors, HasSubstr("where: not supported yet"));
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

TEST_F(SmallFileJob, CheckPrintsThePlan) {
  const RunResult result = check();
  EXPECT_EQ(result.code, 0) << result.errors;
  for (const char* part :
       {"pipeline shop", "window 1m: size 60s", "sum of amount", "bytes a key", "backend "}) {
    EXPECT_THAT(result.output, HasSubstr(part));
  }
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

const std::filesystem::path& source_folder() {
  static const std::filesystem::path folder = std::getenv("SLUICE_SOURCE_DIR");
  return folder;
}

TEST(Examples, AllPassTheCheck) {
  std::size_t jobs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++jobs;
    const RunResult result = run_sluice({"check", entry.path().string()});
    EXPECT_EQ(result.code, 0) << entry.path() << ": " << result.errors;
  }
  EXPECT_GT(jobs, 0U);
}

RunResult run_example(const std::string& name) {
  return run_sluice({"run", "examples/" + name, "--once"}, {.folder = source_folder().string()});
}

TEST(Examples, OrdersGiveTheRevenueOfEachCountryAndHour) {
  const RunResult result = run_example("orders-file.yaml");
  EXPECT_EQ(result.code, 0) << result.errors;
  const std::string first =
      "{\"pipeline\":\"orders\",\"window\":\"1h\","
      "\"window_start\":1709283600000,\"window_end\":1709287200000,";
  EXPECT_THAT(
      lines_of(result.output),
      testing::UnorderedElementsAre(
          first + "\"key\":{\"country\":\"NO\"},\"values\":{\"orders\":2,\"revenue\":149.90,"
                  "\"smallest\":19.90,\"items\":9},\"revision\":0}",
          first + "\"key\":{\"country\":\"DE\"},\"values\":{\"orders\":1,\"revenue\":5.00,"
                  "\"smallest\":5.00,\"items\":1},\"revision\":0}",
          first + "\"key\":{\"country\":null},\"values\":{\"orders\":1,\"revenue\":0.10,"
                  "\"smallest\":0.10,\"items\":null},\"revision\":0}",
          "{\"pipeline\":\"orders\",\"window\":\"1h\",\"window_start\":1709287200000,"
          "\"window_end\":1709290800000,\"key\":{\"country\":\"NO\"},\"values\":{\"orders\":1,"
          "\"revenue\":-19.90,\"smallest\":-19.90,\"items\":2},\"revision\":0}"));
}

TEST(Examples, TradesGiveARowForEachSlideAndSymbol) {
  const RunResult result = run_example("trades-csv.yaml");
  EXPECT_EQ(result.code, 0) << result.errors;
  // Every trade is in five windows; the first two share theirs.
  EXPECT_EQ(lines_of(result.output).size(), 15U);
  EXPECT_THAT(result.output,
              HasSubstr("\"window_start\":1709283600000,\"window_end\":1709283900000,"
                        "\"key\":{\"symbol\":\"ACME\"},\"values\":{\"trades\":2,"
                        "\"volume\":150,\"price_avg\":10.75,\"price_stddev\":0.353553"));
  EXPECT_THAT(result.output, HasSubstr("{\"symbol\":\"B;C\"},\"values\":{\"trades\":1,"
                                       "\"volume\":null,\"price_avg\":7.25,"
                                       "\"price_stddev\":null}"));
}

TEST(Examples, TheGeneratorsJobEndsByItself) {
  const TempFolder folder;
  std::string job = content_of((source_folder() / "examples/behaviour-generator.yaml").string());
  const RunResult result =
      run_sluice({"run", folder.file("job.yaml", job + "http: {listen: off}\n"), "--stats",
                  folder.path("stats.json")});
  EXPECT_EQ(result.code, 0) << result.errors;
  const Stats stats = stats_in(folder.path("stats.json"));
  EXPECT_EQ(stats.at("events_read"), 1'000'000U);
  EXPECT_GT(stats.at("malformed"), 0U);
  EXPECT_TRUE(balances(stats));
  EXPECT_EQ(stats.at("rows_emitted"), lines_of(result.output).size());
}

}  // namespace
}  // namespace sluice::system_test
