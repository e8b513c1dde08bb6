#include <gtest/gtest.h>

#include "kernels/backend.hpp"
#include "tests/host/engine/engine_run.hpp"
#include "tests/support/condition.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/rows_match.hpp"
#include "tests/support/scenario.hpp"

namespace sluice {
namespace {

MakeBackend cpu() {
  return [](const BackendShape& shape) { return make_backend(BackendKind::cpu, shape); };
}

void expect_same_books(const oracle::Books& expected, const Engine& engine) {
  const Books& books = engine.books();
  EXPECT_TRUE(books.balance());
  EXPECT_EQ(books.events_read, expected.read);
  EXPECT_EQ(books.events_accepted, expected.of(oracle::Verdict::accepted));
  EXPECT_EQ(books.late_dropped, expected.of(oracle::Verdict::late));
  EXPECT_EQ(books.malformed, expected.of(oracle::Verdict::malformed));
  EXPECT_EQ(books.tombstones, expected.of(oracle::Verdict::tombstone));
  EXPECT_EQ(books.future_dropped, expected.of(oracle::Verdict::future));
  EXPECT_EQ(books.filtered, expected.of(oracle::Verdict::filtered));
  EXPECT_EQ(books.in_no_window, expected.of(oracle::Verdict::in_no_window));
  EXPECT_EQ(books.windows_closed, expected.windows_closed);
  EXPECT_EQ(books.rows_emitted, expected.rows_emitted);
  EXPECT_EQ(books.rows_revised, expected.rows_revised);
  EXPECT_EQ(books.sum_overflows, expected.overflow_values);
  for (std::size_t w = 0; w < expected.partly_late_events.size(); ++w) {
    EXPECT_EQ(engine.refused_by_window()[w], expected.partly_late_events[w]) << "window " << w;
  }
}

/// Feeds both the same batches and compares rows and books.
void expect_the_oracles_rows(const oracle::Scenario& scenario, unsigned threads) {
  SCOPED_TRACE(oracle::describe(scenario));
  oracle::Oracle reference(scenario.job);
  EngineRun run(scenario.job, cpu(), threads);
  for (const oracle::Batch& batch : scenario.batches) {
    reference.feed(batch);
    run.feed(batch);
  }
  EXPECT_EQ(oracle::differences(scenario.job, reference.rows(), run.rows()), "");
  expect_same_books(reference.books(), run.engine());
}

class EngineAgainstOracle : public testing::TestWithParam<int> {};

TEST_P(EngineAgainstOracle, GivesTheRowsAndBooksOfRandomStreams) {
  constexpr std::uint64_t per_case = 50;
  for (std::uint64_t i = 0; i < per_case && !HasFailure(); ++i) {
    const auto seed = static_cast<std::uint64_t>(GetParam()) * per_case + i;
    expect_the_oracles_rows(oracle::random_scenario(seed),
                            1 + static_cast<unsigned>(GetParam()) % 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineAgainstOracle, testing::Range(0, 20));

TEST(EngineAgainstOracle, OrderInsideABatchDoesNotMatter) {
  for (std::uint64_t seed = 2'000; seed < 2'040 && !testing::Test::HasFailure(); ++seed) {
    const oracle::Scenario scenario = oracle::random_scenario(seed);
    const oracle::Scenario shuffled = oracle::shuffled_inside_batches(scenario, seed + 1);
    oracle::Oracle reference(scenario.job);
    EngineRun run(scenario.job, cpu(), 2);
    for (const oracle::Batch& batch : scenario.batches) reference.feed(batch);
    for (const oracle::Batch& batch : shuffled.batches) run.feed(batch);
    EXPECT_EQ(oracle::differences(scenario.job, reference.rows(), run.rows()), "")
        << oracle::describe(scenario);
  }
}

TEST(EngineAgainstOracle, CutsIntoBatchesDoNotMatterWhileDisorderStaysWithinTheBound) {
  oracle::ScenarioLimits limits;
  limits.beyond_bound = false;
  for (std::uint64_t seed = 3'000; seed < 3'040 && !testing::Test::HasFailure(); ++seed) {
    const oracle::Scenario scenario = oracle::random_scenario(seed, limits);
    oracle::Oracle reference(scenario.job);
    for (const oracle::Batch& batch : scenario.batches) reference.feed(batch);
    for (const std::size_t batch_events : {1u, 7u, 300u}) {
      const oracle::Scenario recut = oracle::recut(scenario, seed, batch_events);
      EngineRun run(recut.job, cpu(), 2);
      for (const oracle::Batch& batch : recut.batches) run.feed(batch);
      EXPECT_EQ(
          oracle::differences(scenario.job, reference.rows(), run.rows(), oracle::RowOrder::any),
          "")
          << oracle::describe(scenario) << " in batches of " << batch_events;
    }
  }
}

TEST(EngineAgainstOracle, FilteredEventsMoveTheWatermarkAndNothingElse) {
  std::uint64_t filtered = 0;
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = 4'000; seed < 4'100 && !testing::Test::HasFailure(); ++seed) {
    oracle::Scenario scenario = oracle::random_scenario(seed);
    std::vector<oracle::Event> sample;
    for (const oracle::Batch& batch : scenario.batches) {
      sample.insert(sample.end(), batch.events.begin(), batch.events.end());
    }
    const oracle::Condition where = oracle::random_condition(scenario.job, sample, seed);
    for (oracle::Batch& batch : scenario.batches) oracle::filter(where, batch.events);
    SCOPED_TRACE(where.text);
    expect_the_oracles_rows(scenario, 2);
    for (const oracle::Batch& batch : scenario.batches) {
      for (const oracle::Event& event : batch.events) {
        filtered += event.kind == oracle::EventKind::filtered ? 1U : 0U;
        accepted += event.kind == oracle::EventKind::event ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(filtered, 8'000u);
  EXPECT_GT(accepted, 4'000u);
}

}  // namespace
}  // namespace sluice
