#include "tests/support/scenario.hpp"

#include <gtest/gtest.h>

#include "tests/support/oracle.hpp"
#include "tests/support/rows_match.hpp"

namespace sluice::oracle {
namespace {

constexpr std::uint64_t seeds = 60;

struct Result {
  std::vector<Row> rows;
  Books books;
};

Result run(const Scenario& scenario) {
  Oracle oracle(scenario.job);
  for (const Batch& batch : scenario.batches) {
    oracle.feed(batch);
  }
  return {oracle.rows(), oracle.books()};
}

std::vector<ActualRow> actual_of(const Scenario& scenario, const std::vector<Row>& rows) {
  std::vector<ActualRow> actual;
  for (const Row& row : rows) {
    actual.push_back(to_actual(scenario.job, row));
  }
  return actual;
}

std::string difference(const Scenario& one, const Scenario& other) {
  return differences(one.job, run(one).rows, actual_of(other, run(other).rows));
}

std::vector<std::int64_t> times_of(const Scenario& scenario) {
  std::vector<std::int64_t> times;
  for (const Batch& batch : scenario.batches) {
    for (const Event& event : batch.events) {
      times.push_back(event.time);
    }
  }
  return times;
}

TEST(Scenario, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Scenario scenario = random_scenario(seed);
    SCOPED_TRACE(describe(scenario));

    EXPECT_EQ(difference(scenario, random_scenario(seed)), "");
  }
  EXPECT_NE(times_of(random_scenario(1)), times_of(random_scenario(2)));
}

TEST(Scenario, IsAPrefixWithFewerEvents) {
  const std::vector<std::int64_t> all = times_of(random_scenario(5, {.events = 400}));
  const std::vector<std::int64_t> some = times_of(random_scenario(5, {.events = 100}));

  ASSERT_EQ(all.size(), 400U);
  ASSERT_EQ(some.size(), 100U);
  EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
}

TEST(Scenario, ReachesEveryVerdictThatDependsOnTheStream) {
  Books all;
  std::uint64_t revisions = 0;
  std::uint64_t overflows = 0;
  std::uint64_t partly_late = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Result result = run(random_scenario(seed, {.filtered = true}));
    EXPECT_TRUE(result.books.balance()) << "seed " << seed;
    for (const auto& [verdict, count] : result.books.verdicts) {
      all.verdicts[verdict] += count;
    }
    for (const Row& row : result.rows) {
      revisions += row.revision > 0 ? 1 : 0;
    }
    for (const std::uint64_t count : result.books.partly_late_events) {
      partly_late += count;
    }
    overflows += result.books.overflow_rows;
  }

  for (const Verdict verdict :
       {Verdict::tombstone, Verdict::malformed, Verdict::future, Verdict::filtered,
        Verdict::in_no_window, Verdict::late, Verdict::accepted}) {
    EXPECT_GT(all.of(verdict), 100U) << static_cast<int>(verdict);
  }
  EXPECT_GT(revisions, 100U);
  EXPECT_GT(overflows, 20U);
  EXPECT_GT(partly_late, 100U);
}

TEST(Scenario, GivesTheSameRowsInAnyOrderInsideItsBatches) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Scenario scenario = random_scenario(seed);
    SCOPED_TRACE(describe(scenario));

    EXPECT_EQ(difference(scenario, shuffled_inside_batches(scenario, seed)), "");
  }
}

TEST(Scenario, GivesTheSameRowsInAnyBatchingWhileDisorderStaysWithinTheBound) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Scenario scenario = random_scenario(seed, {.beyond_bound = false});
    SCOPED_TRACE(describe(scenario));
    const Books books = run(scenario).books;

    EXPECT_EQ(books.of(Verdict::late), 0U);
    EXPECT_GT(books.rows_emitted, 0U);
    EXPECT_EQ(difference(scenario, recut(scenario, seed, 1)), "");
    EXPECT_EQ(difference(scenario, recut(scenario, seed, 100)), "");
  }
}

TEST(Scenario, KeepsToItsLimits) {
  const ScenarioLimits limits{.events = 50,
                              .batch_events = 1,
                              .windows = 1,
                              .aggregates = 1,
                              .columns = 1,
                              .key_columns = 1,
                              .partitions = 1,
                              .keys = 1,
                              .doubles = false,
                              .beyond_bound = false,
                              .dropped_events = false,
                              .string_keys = false};
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Scenario scenario = random_scenario(seed, limits);
    const Books books = run(scenario).books;

    EXPECT_EQ(scenario.job.windows.size(), 1U);
    EXPECT_EQ(scenario.job.partitions, 1U);
    EXPECT_EQ(books.read, 50U);
    EXPECT_EQ(books.of(Verdict::accepted) + books.of(Verdict::in_no_window), 50U);
  }
}

}  // namespace
}  // namespace sluice::oracle
