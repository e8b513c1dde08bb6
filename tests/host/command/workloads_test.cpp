#include <ostream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "host/command/workloads/workload_check.hpp"
#include "host/command/workloads/workload_run.hpp"
#include "tests/support/workload_oracle.hpp"

namespace sluice {

void PrintTo(const Workload& workload, std::ostream* out) { *out << workload.name; }

namespace {

constexpr std::uint64_t seed = 5;

/// Small batches, so that windows close in the midst of things.
WorkloadSetup small_batches() {
  return {.backend = BackendKind::cpu, .threads = 2, .batch_events = 500};
}

// The oracle keeps every event in a list for each of its windows.
std::uint64_t batches_for(const Workload& workload) {
  const WindowSpec& window = workload.job.windows[0].spec;
  return window.size / window.slide > 1'000 ? 2 : 8;
}

std::string name_of_workload(const testing::TestParamInfo<Workload>& parameter) {
  return parameter.param.name;
}

class EveryWorkload : public testing::TestWithParam<Workload> {};

TEST_P(EveryWorkload, EmitsTheRowsThatItsDefinitionAsksFor) {
  const Workload& workload = GetParam();
  const WorkloadSetup setup = small_batches();
  // Fewer rows than are read: they are replayed, later.
  const RowMemory rows(workload, 1'500 * workload.row_bytes, setup.batch_events, seed);
  EXPECT_EQ(oracle::workload_differences(workload, rows, setup, batches_for(workload)), "")
      << "seed " << seed;
}

TEST_P(EveryWorkload, PassesTheCheckBeforeMeasuring) {
  const Workload& workload = GetParam();
  const RowMemory rows(workload, 4'000 * workload.row_bytes, 500, seed);
  EXPECT_EQ(check_workload(workload, rows, small_batches()), "") << "seed " << seed;
}

TEST_P(EveryWorkload, EmitsTheSameTotalsForAnyNumberOfThreads) {
  const Workload& workload = GetParam();
  const RowMemory rows(workload, 4'000 * workload.row_bytes, 500, seed);
  const auto totals_with = [&](unsigned threads) {
    WorkloadSetup setup = small_batches();
    setup.threads = threads;
    ResultTotals totals;
    WorkloadRun run(workload, rows, setup,
                    [&](const WindowResult& result) { workload.post(result, totals); });
    run.process(8);
    run.finish();
    totals.reals = 0;  // their sum depends on the order of the rows
    return totals;
  };
  EXPECT_EQ(totals_with(1), totals_with(3)) << "seed " << seed;
  EXPECT_GT(totals_with(1).kept, 0U);
}

INSTANTIATE_TEST_SUITE_P(Workloads, EveryWorkload, testing::ValuesIn(all_workloads()),
                         name_of_workload);

TEST(WorkloadCheck, NoticesAWrongValue) {
  Workload workload = cluster_monitoring_1();
  const RowMemory rows(workload, 1'000 * workload.row_bytes, 500, seed);
  const auto decode = workload.decode;
  workload.decode = [decode](const std::byte* memory, std::size_t count, Milliseconds shift,
                             DecodedEvents& events) {
    decode(memory, count, shift, events);
    if (count == 500) events.values[0][7] += 1;
  };
  EXPECT_EQ(check_workload(workload, rows, small_batches()),
            "CM1: the rows do not add up to the events");
}

TEST(WorkloadCheck, NoticesALostEvent) {
  Workload workload = cluster_monitoring_1();
  const RowMemory rows(workload, 1'000 * workload.row_bytes, 500, seed);
  const auto decode = workload.decode;
  workload.decode = [decode](const std::byte* memory, std::size_t count, Milliseconds shift,
                             DecodedEvents& events) {
    decode(memory, count, shift, events);
    if (count == 500) --events.size;
  };
  EXPECT_EQ(check_workload(workload, rows, small_batches()), "CM1: not every event was accepted");
}

TEST(WorkloadRun, AnErrorInTheDecodeStageReachesTheCaller) {
  Workload workload = cluster_monitoring_1();
  const RowMemory rows(workload, 1'000 * workload.row_bytes, 500, seed);
  workload.decode = [](const std::byte*, std::size_t, Milliseconds, DecodedEvents&) {
    throw std::runtime_error("no decoding today");
  };
  WorkloadRun run(workload, rows, small_batches(), [](const WindowResult&) {});
  EXPECT_THROW(run.process(2), std::runtime_error);
}

TEST(WorkloadRun, AStateThatIsTooSmallEndsTheRun) {
  Workload workload = smart_grid_2();
  workload.job.engine.max_keys = 100;
  const RowMemory rows(workload, 10'000 * workload.row_bytes, 500, seed);
  WorkloadRun run(workload, rows, small_batches(), [](const WindowResult&) {});
  EXPECT_THROW(run.process(20), std::runtime_error);
}

}  // namespace
}  // namespace sluice
