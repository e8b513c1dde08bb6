/// What the engine asks of a backend when windows close, and that long, many-keyed and late streams
/// come out as the oracle says.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/backend.hpp"
#include "tests/host/engine/engine_run.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/random.hpp"
#include "tests/support/rows_match.hpp"

namespace sluice {
namespace {

using Kind = ColumnStep::Kind;

/// What was asked of a backend.
struct Asked {
  std::size_t programs = 0;
  std::size_t most_strands = 0;
  std::size_t seals = 0;
  std::size_t revisions = 0;          ///< programs over some slots that emit
  std::size_t columns_announced = 0;  ///< that closing may open, at the last batch
  std::size_t columns_too_many = 0;   ///< that it opened beyond
};

/// A CPU backend that keeps account of what it is asked.
class AccountingBackend final : public Backend {
 public:
  AccountingBackend(const BackendShape& shape, Asked& asked)
      : backend_(make_backend(BackendKind::cpu, shape)), asked_(asked) {}

  BackendKind kind() const noexcept override { return backend_->kind(); }
  std::string device() const override { return backend_->device(); }
  StagingBlock allocate_staging(std::size_t bytes) override {
    return backend_->allocate_staging(bytes);
  }
  bool wants_narrow() const noexcept override { return backend_->wants_narrow(); }
  Ticket stage(const EventColumns& events) override { return backend_->stage(events); }
  BatchReport accumulate(Ticket ticket, const BatchLimits& limits,
                         std::span<const std::uint32_t> only) override {
    BatchReport report = backend_->accumulate(ticket, limits, only);
    asked_.columns_announced = backend_->status().columns + limits.closing_columns;
    return report;
  }
  void release(Ticket ticket) override { backend_->release(ticket); }

  void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
           EmittedRows& rows) override {
    ++asked_.programs;
    asked_.most_strands = std::max(asked_.most_strands, program.strands.size());
    asked_.seals += static_cast<std::size_t>(
        std::count_if(program.steps.begin(), program.steps.end(),
                      [](const ColumnStep& step) { return step.kind == Kind::seal; }));
    if (!only.empty() && outputs != 0) ++asked_.revisions;
    backend_->run(program, only, outputs, rows);
    const std::size_t columns = backend_->status().columns;
    asked_.columns_too_many =
        std::max(asked_.columns_too_many, columns - std::min(columns, asked_.columns_announced));
  }
  void each(std::size_t items, const std::function<void(std::size_t)>& task) override {
    backend_->each(items, task);
  }
  std::size_t parallelism() const noexcept override { return backend_->parallelism(); }
  std::size_t slot_groups() const noexcept override { return backend_->slot_groups(); }
  BackendStatus status() const override { return backend_->status(); }
  StateImage save() override { return backend_->save(); }
  void load(const StateImage& image) override { backend_->load(image); }
  double shift(std::uint32_t value) const noexcept override { return backend_->shift(value); }

 private:
  std::unique_ptr<Backend> backend_;
  Asked& asked_;
};

/// A steady stream of panes of 10 ms.
struct Stream {
  std::vector<oracle::WindowDefinition> windows;
  bool invertible = true;
  std::int64_t keys = 4;
  std::int64_t panes_a_batch = 1;
  std::int64_t events_a_pane = 3;
  int late_percent = 0;
  std::int64_t allowed_lateness = 0;
  int batches = 12;
};

oracle::Job job_of(const Stream& stream) {
  oracle::Job job;
  job.windows = stream.windows;
  job.columns = {{}};
  job.aggregates = {{.as = "n"},
                    {.as = "s", .function = oracle::Function::sum, .column = 0},
                    {.as = "a", .function = oracle::Function::avg, .column = 0}};
  if (!stream.invertible) {
    job.aggregates.push_back({.as = "low", .function = oracle::Function::min, .column = 0});
    job.aggregates.push_back({.as = "high", .function = oracle::Function::max, .column = 0});
  }
  job.watermark.allowed_lateness = stream.allowed_lateness;
  return job;
}

oracle::Batch batch_of(const Stream& stream, int number, oracle::Random& random,
                       std::uint64_t& offset) {
  oracle::Batch batch;
  const std::int64_t start = number * stream.panes_a_batch * 10;
  const std::int64_t end = start + stream.panes_a_batch * 10;
  for (std::int64_t time = start; time < end; time += 10) {
    // Some panes stay empty.
    if (random.chance(5)) continue;
    for (std::int64_t i = 0; i < stream.events_a_pane; ++i) {
      const bool late = random.chance(stream.late_percent);
      oracle::Event event;
      event.time = late ? time - random.between(0, 3 * stream.allowed_lateness)
                        : time + random.between(0, 9);
      event.offset = offset++;
      event.key = {random.between(0, stream.keys - 1)};
      if (!random.chance(10)) event.values = {random.between(-1'000, 1'000)};
      event.values.resize(1);
      batch.events.push_back(std::move(event));
    }
  }
  return batch;
}

/// Feeds an engine and the oracle the same stream; the rows must be the same.
Asked expect_the_oracles_rows(const Stream& stream, unsigned threads, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + (stream.invertible ? ", invertible" : ""));
  const oracle::Job job = job_of(stream);
  Asked asked;
  oracle::Oracle reference(job);
  EngineRun run(
      job,
      [&](const BackendShape& shape) { return std::make_unique<AccountingBackend>(shape, asked); },
      threads);
  oracle::Random random(seed);
  std::uint64_t offset = 0;
  for (int number = 0; number < stream.batches; ++number) {
    oracle::Batch batch = batch_of(stream, number, random, offset);
    if (number + 1 == stream.batches) batch.ended = {0};
    reference.feed(batch);
    run.feed(batch);
  }
  EXPECT_EQ(oracle::differences(job, reference.rows(), run.rows()), "");
  EXPECT_TRUE(run.engine().books().balance());
  EXPECT_EQ(run.engine().books().rows_emitted, reference.books().rows_emitted);
  EXPECT_EQ(run.engine().books().rows_revised, reference.books().rows_revised);
  return asked;
}

const std::vector<oracle::WindowDefinition> many_windows{
    {.name = "sliding", .size = 80, .slide = 10},
    {.name = "tumbling", .size = 20, .slide = 20},
    {.name = "odd", .size = 70, .slide = 20},
    {.name = "gaps", .size = 10, .slide = 30}};

TEST(Closing, AreCutIntoStrandsWhereThereAreFewKeysAndManyWindows) {
  for (const bool invertible : {true, false}) {
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const Asked asked = expect_the_oracles_rows(
          {.windows = many_windows, .invertible = invertible, .panes_a_batch = 150, .batches = 5},
          3, seed);
      EXPECT_EQ(asked.most_strands, 3u);
    }
  }
}

TEST(Closing, OneThreadNeedsNoStrands) {
  const Asked asked =
      expect_the_oracles_rows({.windows = many_windows, .panes_a_batch = 200}, 1, 1);
  EXPECT_EQ(asked.most_strands, 0u);
}

TEST(Closing, AFewWindowsAreOneStrand) {
  const Asked asked = expect_the_oracles_rows({.windows = many_windows, .panes_a_batch = 5}, 3, 1);
  EXPECT_EQ(asked.most_strands, 0u);
}

TEST(Closing, StrandsAndLateEventsMix) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    const Asked asked = expect_the_oracles_rows({.windows = many_windows,
                                                 .invertible = seed % 2 == 0,
                                                 .panes_a_batch = 150,
                                                 .late_percent = 5,
                                                 .allowed_lateness = 100,
                                                 .batches = 5},
                                                2, seed);
    EXPECT_EQ(asked.most_strands, 2u);
    EXPECT_GT(asked.revisions, 0u);
  }
}

TEST(Closing, PanesThatAreStillNeededAreSealed) {
  for (const bool invertible : {true, false}) {
    const Asked asked =
        expect_the_oracles_rows({.windows = {{.name = "long", .size = 400, .slide = 10},
                                             {.name = "w", .size = 40, .slide = 40}},
                                 .invertible = invertible,
                                 .keys = 300,
                                 .panes_a_batch = 4,
                                 .events_a_pane = 80,
                                 .late_percent = 10,
                                 .allowed_lateness = 60,
                                 .batches = 20},
                                2, 3);
    EXPECT_GE(asked.seals, 60u);
    EXPECT_GT(asked.revisions, 0u);
  }
}

TEST(Closing, PanesOfTumblingWindowsAreNotSealed) {
  const Asked asked = expect_the_oracles_rows(
      {.windows = {{.name = "w", .size = 40, .slide = 40}}, .keys = 300, .events_a_pane = 200}, 1,
      4);
  EXPECT_EQ(asked.seals, 0u);
}

TEST(Closing, OpensNoMoreColumnsThanAnnounced) {
  for (const bool invertible : {true, false}) {
    const Asked asked = expect_the_oracles_rows({.windows = many_windows,
                                                 .invertible = invertible,
                                                 .panes_a_batch = 3,
                                                 .late_percent = 5,
                                                 .allowed_lateness = 50,
                                                 .batches = 60},
                                                1, 5);
    EXPECT_EQ(asked.columns_too_many, 0u);
  }
}

TEST(Closing, OneProgramRevisesManyWindows) {
  // Each batch touches about eleven windows.
  const Asked asked = expect_the_oracles_rows({.windows = {{.name = "w", .size = 100, .slide = 10}},
                                               .late_percent = 30,
                                               .allowed_lateness = 40,
                                               .batches = 40},
                                              1, 6);
  EXPECT_GT(asked.revisions, 0u);
  EXPECT_LE(asked.revisions, 40u);
}

}  // namespace
}  // namespace sluice
