#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// What only the emulated device can show: how often the backend allocates and waits, what it does
// when the device has no memory or fails, and that no order of work changes a result.
namespace sluice::cuda {
namespace {

using emulated::Call;
using emulated::Counters;
using Kind = ColumnStep::Kind;

BackendShape small_shape() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = 1000;
  shape.max_keys = 2000;
  shape.max_state_bytes = std::size_t{1} << 22;
  return shape;
}

/// Columns in staging memory, as the pipeline has them.
class PinnedBatch {
 public:
  PinnedBatch(Backend& backend, std::size_t size)
      : size_(size), block_(backend.allocate_staging(4 * size * sizeof(std::int64_t))) {}

  EventColumns fill(EventTime first, std::uint64_t keys) {
    auto* const time = reinterpret_cast<EventTime*>(block_.data());
    auto* const low = reinterpret_cast<std::uint64_t*>(time + size_);
    auto* const bits = reinterpret_cast<std::int64_t*>(low + size_);
    for (std::size_t i = 0; i < size_; ++i) {
      time[i] = first + static_cast<EventTime>(i % 10);
      low[i] = i * 7 % keys;
      bits[i] = static_cast<std::int64_t>(i);
    }
    EventColumns columns;
    columns.size = size_;
    columns.time.wide = time;
    columns.key.low = low;
    columns.value_count = 1;
    columns.values[0].bits = bits;
    return columns;
  }

 private:
  std::size_t size_;
  StagingBlock block_;
};

class EmulatedBackend : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override { emulated::reset(); }

  void make(const BackendShape& shape) { backend_ = make_backend(shape); }

  /// A batch into pane `pane`, which lies in column pane % 4, and the close of the pane before it.
  void turn(PinnedBatch& batch, PaneIndex pane) {
    const ColumnIndex column = static_cast<ColumnIndex>(pane % 4);
    const Ticket ticket = backend_->stage(batch.fill(10 * pane, 300));
    const BatchReport report =
        backend_->accumulate(ticket, tumbling_limits(10, pane, {&column, 1}), {});
    backend_->release(ticket);
    ASSERT_EQ(report.accepted, 500u);
    close((column + 3) % 4);
  }
  void close(ColumnIndex column) {
    const ColumnStep steps[] = {{.kind = Kind::combine, .target = 4, .source = column},
                                {.kind = Kind::emit, .target = 4, .output = 0},
                                {.kind = Kind::reset, .target = 4},
                                {.kind = Kind::drop, .target = column}};
    rows_ = {};
    backend_->run(StepProgram(steps), {}, {&rows_, 1});
  }

  std::unique_ptr<Backend> backend_;
  WindowRows rows_;
};

TEST_F(EmulatedBackend, SteadyStateAllocatesNothingAndWaitsForItsStreamAlone) {
  make(small_shape());
  PinnedBatch batch(*backend_, 500);
  for (PaneIndex pane = 0; pane < 8; ++pane) turn(batch, pane);
  const Counters before = emulated::counters();

  constexpr PaneIndex turns = 16;
  for (PaneIndex pane = 8; pane < 8 + turns; ++pane) turn(batch, pane);

  const Counters after = emulated::counters();
  EXPECT_GT(rows_.size(), 0u);
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(after.frees, before.frees);
  EXPECT_EQ(after.pinned_allocations, before.pinned_allocations);
  EXPECT_EQ(after.pinned_frees, before.pinned_frees);
  EXPECT_EQ(after.streams_created, before.streams_created);
  EXPECT_EQ(after.events_created, before.events_created);
  EXPECT_EQ(after.device_synchronisations, before.device_synchronisations);
  EXPECT_EQ(after.event_synchronisations, before.event_synchronisations);
  EXPECT_EQ(after.pageable_copies, before.pageable_copies);
  // A batch: the counters. A close: totals, then rows.
  EXPECT_LE(after.stream_synchronisations - before.stream_synchronisations, 4u * turns);
}

/// A batch on every path: with more keys than a block has rows for, and forced.
struct PathCase {
  AccumulatePath path;
  std::uint64_t launches;  ///< of a plain batch
};
constexpr PathCase path_cases[] = {{AccumulatePath::private_tables, 1},
                                   {AccumulatePath::shared_table, 1},
                                   {AccumulatePath::partitioned, 4}};

TEST_F(EmulatedBackend, APlainBatchIsOnePassAndOneSmallCopyBack) {
  for (const PathCase& tested : path_cases) {
    SCOPED_TRACE(static_cast<int>(tested.path));
    BackendShape shape = small_shape();
    shape.path = tested.path;
    make(shape);
    PinnedBatch batch(*backend_, 500);
    const ColumnIndex column = 0;
    const BatchLimits limits = tumbling_limits(10, 0, {&column, 1});
    for (int i = 0; i < 4; ++i) {
      const Ticket ticket = backend_->stage(batch.fill(0, 300));
      const Counters before = emulated::counters();
      backend_->accumulate(ticket, limits, {});
      const Counters after = emulated::counters();
      backend_->release(ticket);
      if (i < 2) continue;  // meets the keys, then the path's buffers come into being
      EXPECT_EQ(backend_->status().path, tested.path);
      EXPECT_EQ(after.launches - before.launches, tested.launches);
      EXPECT_EQ(after.stream_synchronisations - before.stream_synchronisations, 1u);
      EXPECT_EQ(after.event_synchronisations, before.event_synchronisations);
      EXPECT_EQ(after.device_synchronisations, before.device_synchronisations);
      EXPECT_EQ(after.allocations, before.allocations);
      EXPECT_EQ(after.pinned_allocations, before.pinned_allocations);
      EXPECT_EQ(after.copies - before.copies, 1u);
      EXPECT_EQ(after.bytes_to_device, before.bytes_to_device);
      EXPECT_LT(after.bytes_to_host - before.bytes_to_host, 2048u);
    }
  }
}

TEST_F(EmulatedBackend, NewPanesOfKnownKeysAreOpenedAheadOfThePass) {
  for (const PathCase& tested : path_cases) {
    SCOPED_TRACE(static_cast<int>(tested.path));
    BackendShape shape = small_shape();
    shape.path = tested.path;
    make(shape);
    PinnedBatch batch(*backend_, 500);
    for (PaneIndex pane = 0; pane < 3; ++pane) turn(batch, pane);
    const ColumnIndex column = 3;
    const Ticket ticket = backend_->stage(batch.fill(30, 300));
    const Counters before = emulated::counters();

    const BatchReport report =
        backend_->accumulate(ticket, tumbling_limits(10, 3, {&column, 1}), {});

    const Counters after = emulated::counters();
    backend_->release(ticket);
    EXPECT_EQ(report.opened, std::vector<ColumnIndex>{3});
    EXPECT_EQ(after.launches - before.launches, tested.launches + 1);
    EXPECT_EQ(after.stream_synchronisations - before.stream_synchronisations, 1u);
  }
}

TEST_F(EmulatedBackend, NewKeysAloneGoThroughTheRounds) {
  BackendShape shape = small_shape();
  make(shape);
  const ColumnIndex column = 0;
  const BatchLimits limits = tumbling_limits(10, 0, {&column, 1});
  TestBatch known(1);
  TestBatch mixed(1);
  for (std::uint64_t i = 0; i < 400; ++i) {
    known.add(1, {i, 0}, {1});
    mixed.add(1, {i == 77 ? 1000 : i, 0}, {1});
  }
  BackendSession session(make_backend(shape), shape.layout);
  session.accumulate(known, limits);
  const auto events_judged = [&] {
    for (const KernelStatistics& kernel : session.backend().status().kernels) {
      if (kernel.name == "judge") return kernel.launches;
    }
    return std::uint64_t{0};
  };
  const std::uint64_t before = events_judged();

  session.accumulate(known, limits);
  EXPECT_EQ(events_judged(), before);
  session.accumulate(mixed, limits);
  EXPECT_EQ(events_judged(), before + 1);
  EXPECT_EQ(session.rows_of(0).at({77, 0})[0], 2u);
  EXPECT_EQ(session.rows_of(0).at({1000, 0})[0], 1u);
}

TEST_F(EmulatedBackend, CopiesOfOtherBatchesStayUnderWayWhileOneIsComputed) {
  make(small_shape());
  PinnedBatch batches[] = {{*backend_, 500}, {*backend_, 500}, {*backend_, 500}};
  const ColumnIndex column = 0;
  const BatchLimits limits = tumbling_limits(10, 0, {&column, 1});
  for (PaneIndex pane = 0; pane < 5; ++pane) turn(batches[0], pane);
  std::vector<Ticket> tickets;
  for (PinnedBatch& batch : batches) tickets.push_back(backend_->stage(batch.fill(0, 300)));

  backend_->accumulate(tickets[0], limits, {});
  const std::uint64_t before = emulated::counters().event_synchronisations;
  backend_->release(tickets[0]);
  EXPECT_EQ(emulated::counters().event_synchronisations, before) << "its copies were done";
  backend_->release(tickets[2]);
  EXPECT_EQ(emulated::counters().event_synchronisations, before + 1)
      << "computing the first batch waited for the copies of the third";
  backend_->release(tickets[1]);
}

TEST_F(EmulatedBackend, ABatchAndACloseAreAFewLaunchesWhateverTheyHold) {
  make(small_shape());
  PinnedBatch batch(*backend_, 500);
  for (PaneIndex pane = 0; pane < 8; ++pane) turn(batch, pane);
  const std::uint64_t before = emulated::counters().launches;

  turn(batch, 8);

  constexpr std::uint64_t open_pane = 1;
  constexpr std::uint64_t accumulate = 1;
  constexpr std::uint64_t close = 2;
  EXPECT_LE(emulated::counters().launches - before, open_pane + accumulate + close);
}

TEST_F(EmulatedBackend, StagingWaitsForNothing) {
  make(small_shape());
  PinnedBatch batches[] = {{*backend_, 500}, {*backend_, 500}, {*backend_, 500}};
  const Counters before = emulated::counters();

  std::vector<Ticket> tickets;
  for (PinnedBatch& batch : batches) tickets.push_back(backend_->stage(batch.fill(0, 300)));

  const Counters after = emulated::counters();
  EXPECT_EQ(after.stream_synchronisations, before.stream_synchronisations);
  EXPECT_EQ(after.event_synchronisations, before.event_synchronisations);
  EXPECT_EQ(after.device_synchronisations, before.device_synchronisations);
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(after.copies - before.copies, 9u);
  for (const Ticket ticket : tickets) backend_->release(ticket);
}

TEST_F(EmulatedBackend, ReleasingABatchWaitsForItsCopies) {
  make(small_shape());
  PinnedBatch batch(*backend_, 500);
  const Ticket ticket = backend_->stage(batch.fill(0, 300));
  const Counters before = emulated::counters();

  backend_->release(ticket);

  EXPECT_EQ(emulated::counters().event_synchronisations - before.event_synchronisations, 1u);
}

TEST_F(EmulatedBackend, WithoutDeviceMemoryForRowsEventsAreParkedUntilThereIsSome) {
  make(small_shape());
  emulated::set_memory_bytes(emulated::device_bytes_in_use() + 6000);
  PinnedBatch batch(*backend_, 500);
  const ColumnIndex column = 0;
  const BatchLimits limits = tumbling_limits(10, 0, {&column, 1});
  const Ticket ticket = backend_->stage(batch.fill(0, 300));

  const BatchReport full = backend_->accumulate(ticket, limits, {});
  emulated::set_memory_bytes(emulated::default_memory_bytes);
  const BatchReport later = backend_->accumulate(ticket, limits, full.parked);
  backend_->release(ticket);

  EXPECT_TRUE(full.out_of_memory);
  EXPECT_EQ(full.accepted, 0u);
  EXPECT_EQ(full.parked.size(), 500u);
  EXPECT_FALSE(later.out_of_memory);
  EXPECT_EQ(later.accepted, 500u);
}

TEST_F(EmulatedBackend, WithoutDeviceMemoryForAWorkingValueClosingSaysSo) {
  BackendShape shape = small_shape();
  shape.max_state_bytes = std::size_t{1} << 26;
  make(shape);
  PinnedBatch batch(*backend_, 500);
  for (PaneIndex pane = 0; pane < 2; ++pane) turn(batch, pane);
  emulated::set_memory_bytes(emulated::device_bytes_in_use());
  std::vector<ColumnStep> steps;
  for (ColumnIndex column = 5; column < 400; ++column) {
    steps.push_back({.kind = Kind::combine, .target = column, .source = 1});
  }

  EXPECT_THROW(backend_->run(steps, {}, {}), StateFull);
  EXPECT_LT(backend_->status().state_bytes, shape.max_state_bytes / 2);
}

TEST_F(EmulatedBackend, AFaultOfTheDeviceRises) {
  make(small_shape());
  PinnedBatch batch(*backend_, 500);
  const ColumnIndex column = 0;
  const Ticket ticket = backend_->stage(batch.fill(0, 300));
  emulated::fail(Call::execute, emulated::error_illegal_address, 6);

  try {
    backend_->accumulate(ticket, tumbling_limits(10, 0, {&column, 1}), {});
    FAIL() << "the fault was not noticed";
  } catch (const CudaError& error) {
    EXPECT_EQ(error.code(), emulated::error_illegal_address);
    EXPECT_THAT(error.what(), testing::HasSubstr("_kernel"));
  }
  emulated::reset();
}

TEST_F(EmulatedBackend, WithoutADeviceTheReasonIsGiven) {
  emulated::set_device_present(false);
  EXPECT_NE(unavailable(), "");

  emulated::set_device_present(true);
  EXPECT_EQ(unavailable(), "");
}

/// Everything that a sequence of batches and closes gives back, in an order of its own.
std::vector<std::string> results(emulated::Schedule schedule, std::uint64_t seed) {
  emulated::set_schedule(schedule, seed);
  const BackendShape shape = small_shape();
  BackendSession session(make_backend(shape), shape.layout);
  const std::vector<ColumnIndex> columns = {0, 1, 2};
  std::vector<std::string> results;
  for (int round = 0; round < 3; ++round) {
    TestBatch batch(1);
    for (int i = 0; i < 700; ++i) {
      batch.add(round * 7 + i % 30, {static_cast<std::uint64_t>(i * 37 % 400), 1}, {i - 300},
                static_cast<PartitionIndex>(i % 5));
    }
    const NamedReport report = session.accumulate(batch, tumbling_limits(10, 0, columns));
    results.push_back(testing::PrintToString(report));
    const ColumnStep steps[] = {{.kind = Kind::combine, .target = 4, .source = 1},
                                {.kind = Kind::emit, .target = 4, .source = 0, .output = 0},
                                {.kind = Kind::drop, .target = 2}};
    const NamedRows rows = session.run(steps, 1)[0];
    for (const auto& [key, words] : rows) {
      results.push_back(std::to_string(key.low) + testing::PrintToString(words));
    }
  }
  return results;
}

TEST_F(EmulatedBackend, NoOrderOfBlocksWarpsAndStreamsChangesAResult) {
  const std::vector<std::string> expected = results(emulated::Schedule::eager, 1);
  ASSERT_GT(expected.size(), 400u);

  EXPECT_EQ(results(emulated::Schedule::lazy, 1), expected);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(results(emulated::Schedule::random, seed), expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice::cuda
