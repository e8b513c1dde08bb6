#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/condition.hpp"
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
  const std::string& where() const { return where_; }

  /// The job gets a random filter. Before `reference`.
  void filter(std::uint64_t seed) {
    std::vector<Event> sample = stream_.events;
    std::erase_if(sample, [](const Event& event) { return event.kind != EventKind::event; });
    const oracle::Condition condition = oracle::random_condition(job(), sample, seed);
    oracle::filter(condition, stream_.events);
    where_ = system_test::where(condition.text);
  }

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
  std::string where_;
};

/// Runs the job once over `path` and compares every row and the books with the oracle.
void expect_the_oracles_rows(const Case& stream, const oracle::Oracle& reference,
                             const TempFolder& folder, const std::string& path,
                             const std::string& engine, const ProcessOptions& options = {}) {
  const std::string job =
      folder.file("job.yaml", job_yaml(stream.job(), {.source = file_source(path),
                                                      .format = stream.format(),
                                                      .engine = engine,
                                                      .where = stream.where()}));
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
  EXPECT_GT(revised, 50U);
}

TEST_P(FileJob, RefusesNewKeysWhileMaxKeysAreAlive) {
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 201; seed <= 206 && !HasFailure(); ++seed) {
    Stream random = random_stream(seed, GetParam(), {});
    random.scenario.job.max_keys = 3;
    Case stream(std::move(random), GetParam());
    SCOPED_TRACE(stream.describe());
    const std::string path = folder_.file("events", stream.text());
    const oracle::Oracle& reference = stream.reference(1);
    expect_the_oracles_rows(
        stream, reference, folder_, path,
        "engine: {batch_events: 1, batch_bytes: 64KiB, max_keys: 3, on_full: drop_new}\n");
    refused += reference.books().of(oracle::Verdict::keys_full);
  }
  EXPECT_GT(refused, 20U);
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

TEST_P(FileJob, LeavesOutWhatItsFilterDoes) {
  std::uint64_t filtered = 0;
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = 301; seed <= 340 && !HasFailure(); ++seed) {
    const bool in_batches = seed % 2 == 0;
    oracle::ScenarioLimits limits;
    limits.beyond_bound = !in_batches;
    Case stream(random_stream(seed, GetParam(), limits), GetParam());
    stream.filter(seed);
    SCOPED_TRACE(stream.describe() + stream.where());
    const std::string path = folder_.file("events", stream.text());
    const oracle::Oracle& reference = stream.reference(in_batches ? stream.events().size() : 1);
    expect_the_oracles_rows(stream, reference, folder_, path,
                            in_batches ? small_batches : single_events);
    filtered += reference.books().of(oracle::Verdict::filtered);
    accepted += reference.books().of(oracle::Verdict::accepted);
  }
  EXPECT_GT(filtered, 3'000U);
  EXPECT_GT(accepted, 1'500U);
}

std::string name_of(const testing::TestParamInfo<Encoding>& test) {
  const char* const names[] = {"Json", "Csv", "Binary"};
  return names[static_cast<int>(test.param)];
}

INSTANTIATE_TEST_SUITE_P(Encodings, FileJob,
                         testing::Values(Encoding::json, Encoding::csv, Encoding::binary), name_of);

}  // namespace
}  // namespace sluice::system_test
