#include "kernels/cuda/cuda_backend.hpp"

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// What is the CUDA backend's own: borders of chunks, of the dictionary and of the output, rounds
// that go on after the host has made room, batches in flight. The contract of every backend is in
// backend_contract.hpp.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

class CudaBackendTest : public testing::Test {
 protected:
  CudaBackendTest() {
    const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                     {AccumulatorKind::sum_integer, 0}};
    shape_.layout = lay_out_row(needs);
    shape_.max_batch_events = 5000;
    shape_.max_keys = 10'000;
    shape_.max_state_bytes = std::size_t{1} << 26;
  }

  void make() { session_ = std::make_unique<BackendSession>(make_backend(shape_), shape_.layout); }
  Backend& backend() { return session_->backend(); }

  /// One event of value 1 for each key in [first, first + count).
  static TestBatch keys(std::uint64_t first, std::uint64_t count, EventTime time = 5) {
    TestBatch batch(1);
    for (std::uint64_t k = 0; k < count; ++k) batch.add(time, {first + k, 0}, {1});
    return batch;
  }
  NamedReport offer(const TestBatch& batch) {
    return session_->accumulate(batch, tumbling_limits(10, 0, columns_));
  }
  std::vector<std::uint64_t> row(std::uint64_t events, std::uint64_t sum) const {
    std::vector<std::uint64_t> words(shape_.layout.words());
    words[0] = events;
    words[shape_.layout.accumulators[1].hot] = sum;
    return words;
  }

  BackendShape shape_;
  std::vector<ColumnIndex> columns_ = {0, 1, 2, 3};
  std::unique_ptr<BackendSession> session_;
};

TEST_F(CudaBackendTest, EveryBitPatternIsAKeyOfItsOwn) {
  make();
  TestBatch batch(1);
  const std::uint64_t halves[] = {0, 1, 0x8000'0000, 0xffff'ffff, all_ones, all_ones - 1};
  for (const std::uint64_t low : halves) {
    for (const std::uint64_t high : halves) batch.add(5, {low, high}, {1});
  }

  const NamedReport report = offer(batch);

  EXPECT_EQ(report.accepted, 36u);
  EXPECT_EQ(backend().status().keys, 36u);
  const NamedRows rows = session_->rows_of(0);
  ASSERT_EQ(rows.size(), 36u);
  for (const auto& [key, words] : rows) EXPECT_EQ(words, row(1, 1)) << key.low << " " << key.high;
}

/// The number that mix() turns into `mixed`.
std::uint64_t unmix(std::uint64_t mixed) {
  const auto inverse = [](std::uint64_t odd) {
    std::uint64_t result = odd;  // Newton: each step doubles the right bits
    for (int i = 0; i < 6; ++i) result *= 2 - odd * result;
    return result;
  };
  mixed = (mixed ^ (mixed >> 33)) * inverse(0xc4ce'b9fe'1a85'ec53u);
  mixed = (mixed ^ (mixed >> 33)) * inverse(0xff51'afd7'ed55'8ccdu);
  return mixed ^ (mixed >> 33);
}

TEST_F(CudaBackendTest, KeysOfOnePlaceAndTagThatShareAHalfStayApart) {
  make();
  const std::uint64_t mixed_five = unmix(hash_of(0, 5));  // mix(5 + a constant)
  TestBatch batch(1);
  for (std::uint64_t i = 0; i < 40; ++i) {
    // The upper half, the tag, and the low bits, the place, are the same for all.
    const std::uint64_t hash = 0x1234'5678'0000'0042u | i << 24;
    batch.add(5, {unmix(hash) ^ mixed_five, 5}, {1});
    ASSERT_EQ(hash_of(batch.key(2 * i).low, 5), hash);
    const std::uint64_t constant = unmix(mixed_five) - 5;
    batch.add(5, {9, unmix(unmix(hash) ^ 9) - constant}, {1});
    ASSERT_EQ(hash_of(9, batch.key(2 * i + 1).high), hash);
  }

  for (std::uint64_t times = 1; times <= 2; ++times) {
    EXPECT_EQ(offer(batch).accepted, 80u);
    const NamedRows rows = session_->rows_of(0);
    ASSERT_EQ(rows.size(), 80u);
    for (const auto& [key, words] : rows) EXPECT_EQ(words, row(times, times));
  }
}

TEST_F(CudaBackendTest, TheLastChunkMayBeHalfUsed) {
  shape_.max_keys = 300;
  make();

  EXPECT_EQ(offer(keys(0, 300)).accepted, 300u);
  const NamedReport more = offer(keys(290, 20));

  EXPECT_EQ(more.accepted, 10u);
  EXPECT_EQ(more.keys_full, 10u);
  EXPECT_EQ(backend().status().keys, 300u);
  EXPECT_EQ(session_->rows_of(0).size(), 300u);
}

TEST_F(CudaBackendTest, ADictionaryOfOneKeyHoldsOneKey) {
  shape_.max_keys = 1;
  make();
  TestBatch batch(1);
  for (int i = 0; i < 40; ++i) batch.add(5, {static_cast<std::uint64_t>(i % 2), 0}, {1});

  const NamedReport report = offer(batch);

  EXPECT_EQ(report.accepted, 20u);
  EXPECT_EQ(report.keys_full, 20u);
}

TEST_F(CudaBackendTest, SlotsComeBackWhenTheRowsOfTheirKeysAreGone) {
  shape_.max_keys = 400;
  make();
  offer(keys(0, 400));
  const ColumnStep drop{.kind = Kind::drop, .target = 0};
  session_->run({&drop, 1}, 0);

  for (std::uint64_t generation = 1; generation <= 3; ++generation) {
    const NamedReport report = offer(keys(1000 * generation, 400));
    ASSERT_EQ(report.accepted, 400u) << generation;
    ASSERT_EQ(session_->rows_of(0).begin()->first, (KeyValue{1000 * generation, 0}));
    session_->run({&drop, 1}, 0);
  }
  EXPECT_EQ(backend().status().keys, 400u);
  EXPECT_GE(backend().status().rehashes, 3u);
}

TEST_F(CudaBackendTest, AProgramThatEmitsMoreThanTheOutputHoldsGoesOn) {
  make();
  offer(keys(0, 256));
  constexpr std::uint32_t emits = 19;
  std::vector<ColumnStep> steps;
  for (std::uint32_t i = 0; i < emits; ++i) {
    steps.push_back({.kind = Kind::combine, .target = 1, .source = 0});
    steps.push_back({.kind = Kind::emit, .target = 1, .output = i});
  }

  const std::vector<NamedRows> outputs = session_->run(steps, emits);

  for (std::uint32_t i = 0; i < emits; ++i) {
    ASSERT_EQ(outputs[i].size(), 256u) << i;
    for (const auto& [key, words] : outputs[i]) ASSERT_EQ(words, row(i + 1, i + 1)) << key.low;
  }
}

TEST_F(CudaBackendTest, AProgramThatWaitsForChunksDoesEveryStepOnce) {
  make();
  offer(keys(0, 600));
  std::vector<ColumnStep> steps;
  constexpr ColumnIndex last = 60;
  for (ColumnIndex column = 1; column <= last; ++column) {
    steps.push_back({.kind = Kind::combine, .target = column, .source = column - 1});
    steps.push_back({.kind = Kind::combine, .target = column, .source = 0});
  }

  session_->run(steps, 0);

  for (const ColumnIndex column : {ColumnIndex{1}, ColumnIndex{30}, last}) {
    const NamedRows rows = session_->rows_of(column);
    ASSERT_EQ(rows.size(), 600u);
    for (const auto& [key, words] : rows) {
      ASSERT_EQ(words, row(column + 1, column + 1)) << "key " << key.low << ", column " << column;
    }
  }
}

TEST_F(CudaBackendTest, NamedSlotsMayLieInAnyChunks) {
  make();
  offer(keys(0, 1000));
  std::vector<KeyValue> named;
  for (std::uint64_t k = 0; k < 1000; k += 37) named.push_back({k, 0});
  const ColumnStep steps[] = {{.kind = Kind::combine, .target = 5, .source = 0},
                              {.kind = Kind::emit, .target = 5, .output = 0},
                              {.kind = Kind::drop, .target = 0}};

  const std::vector<NamedRows> outputs = session_->run(steps, 1, named);

  EXPECT_EQ(outputs[0].size(), named.size());
  EXPECT_EQ(session_->rows_of(5).size(), named.size());
  EXPECT_EQ(session_->rows_of(0).size(), 1000 - named.size());
}

TEST_F(CudaBackendTest, AnEventWithoutMemoryInOneGridIsInNone) {
  shape_.max_state_bytes = 64'000;
  make();
  const std::vector<ColumnIndex> small = {0};
  std::vector<ColumnIndex> many(200);
  std::iota(many.begin(), many.end(), ColumnIndex{1});
  BatchLimits limits = tumbling_limits(1000, 0, small);
  limits.grid_count = limits.window_count = 2;
  limits.windows[1].spec = {.size = 5, .slide = 5};
  limits.grids[1] = {.grid = {.phase = 0, .length = 5},
                     .first_window = 1,
                     .window_count = 1,
                     .pane_count = 200,
                     .columns = many.data()};
  TestBatch batch(1);
  for (int i = 0; i < 1000; ++i) batch.add(i, {static_cast<std::uint64_t>(i % 7), 0}, {1});

  const NamedReport report = session_->accumulate(batch, limits);

  EXPECT_TRUE(report.out_of_memory);
  ASSERT_GT(report.accepted, 0u);
  ASSERT_GT(report.parked.size(), 0u);
  EXPECT_LE(backend().status().state_bytes, shape_.max_state_bytes);
  std::uint64_t in_coarse_grid = 0;
  for (const auto& [key, words] : session_->rows_of(0)) in_coarse_grid += words[0];
  std::uint64_t in_fine_grid = 0;
  for (const ColumnIndex column : many) {
    for (const auto& [key, words] : session_->rows_of(column)) in_fine_grid += words[0];
  }
  EXPECT_EQ(in_coarse_grid, report.accepted);
  EXPECT_EQ(in_fine_grid, report.accepted);
}

TEST_F(CudaBackendTest, ABatchMayOpenMoreChunksThanItHasEvents) {
  shape_.max_batch_events = 20;
  make();
  std::vector<ColumnIndex> columns(60);
  std::iota(columns.begin(), columns.end(), ColumnIndex{0});
  BatchLimits limits;
  limits.grid_count = limits.window_count = 3;
  for (std::uint32_t g = 0; g < 3; ++g) {
    limits.windows[g].spec = {.size = 10, .slide = 10, .offset = g};
    limits.grids[g] = {.grid = {.phase = g, .length = 10},
                       .first_window = g,
                       .window_count = 1,
                       .pane_count = 20,
                       .columns = columns.data() + 20 * g};
  }
  TestBatch batch(1);
  for (int i = 0; i < 20; ++i) batch.add(10 * i + 5, {7, 0}, {1});

  const NamedReport report = session_->accumulate(batch, limits);

  EXPECT_EQ(report.accepted, 20u);
  EXPECT_EQ(report.opened, columns);
  for (const ColumnIndex column : columns) {
    EXPECT_THAT(session_->rows_of(column),
                testing::ElementsAre(testing::Pair(KeyValue{7, 0}, row(1, 1))));
  }
}

TEST_F(CudaBackendTest, AKeyWhoseEventWaitsForAChunkKeepsItsSlotWhenDeadKeysAreCollected) {
  shape_.max_keys = 256;
  shape_.max_state_bytes = std::size_t{1} << 18;
  make();
  offer(keys(0, 256));
  const ColumnStep drop{.kind = Kind::drop, .target = 0};
  session_->run({&drop, 1}, 0);
  const std::uint64_t rebuilt = backend().status().rehashes;
  // One chunk is free: the keys of one of the panes wait with slots that hold no row.
  TestBatch batch(1);
  for (std::uint64_t k = 0; k < 10; ++k) batch.add(k < 5 ? 5 : 15, {k, 0}, {1});
  for (std::uint64_t k = 1000; k < 1246; ++k) batch.add(5, {k, 0}, {1});

  const NamedReport report = offer(batch);

  EXPECT_EQ(report.accepted, batch.size());
  EXPECT_GT(backend().status().rehashes, rebuilt);
  EXPECT_EQ(backend().status().keys, 256u);
  EXPECT_EQ(session_->rows_of(0).size(), 251u);
  EXPECT_EQ(session_->rows_of(1).size(), 5u);
  for (const ColumnIndex column : {0u, 1u}) {
    const NamedRows rows = session_->rows_of(column);
    for (const auto& [key, words] : rows) EXPECT_EQ(words, row(1, 1)) << key.low;
  }
}

TEST_F(CudaBackendTest, ABoundThatHoldsNoDictionaryIsRefused) {
  shape_.max_state_bytes = 1000;

  EXPECT_THROW(make(), StateFull);
}

TEST_F(CudaBackendTest, BatchesInFlightKeepTheirEvents) {
  make();
  const BatchLimits limits = tumbling_limits(10, 0, columns_);
  const TestBatch batches[] = {keys(0, 10), keys(10, 20), keys(30, 40)};
  std::vector<Ticket> tickets;
  for (const TestBatch& batch : batches) tickets.push_back(backend().stage(batch.columns()));

  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(backend().accumulate(tickets[i], limits, {}).accepted, batches[i].size());
    backend().release(tickets[i]);
  }

  EXPECT_EQ(backend().status().keys, 70u);
}

TEST_F(CudaBackendTest, ABatchMayBeReleasedWithoutBeingAccumulated) {
  make();
  const TestBatch batch = keys(0, 100);

  for (int i = 0; i < 10; ++i) backend().release(backend().stage(batch.columns()));

  EXPECT_EQ(backend().status().keys, 0u);
  EXPECT_EQ(offer(batch).accepted, 100u);
}

TEST_F(CudaBackendTest, ValueColumnsThatNoAccumulatorReadsMayBeMissing) {
  make();
  TestBatch batch = keys(0, 10);
  EventColumns columns = batch.columns();
  columns.value_count = 3;

  const Ticket ticket = backend().stage(columns);
  const BatchReport report = backend().accumulate(ticket, tumbling_limits(10, 0, columns_), {});
  backend().release(ticket);

  EXPECT_EQ(report.accepted, 10u);
}

TEST_F(CudaBackendTest, EveryStageIsCountedAndSomeLaunchesAreTimed) {
  make();
  for (std::uint64_t i = 0; i < 9; ++i)
    offer(keys(100 * i, 100));  // new keys: all stages have work
  session_->rows_of(0);

  for (const KernelStatistics& kernel : backend().status().kernels) {
    const bool is_close = kernel.name == "close";
    EXPECT_GE(kernel.launches, is_close ? 1u : 9u) << kernel.name;
    EXPECT_GE(kernel.timed_launches, is_close ? 1u : 2u) << kernel.name;
    EXPECT_LT(kernel.timed_launches, kernel.launches + 1) << kernel.name;
    EXPECT_GT(kernel.seconds, 0) << kernel.name;
    EXPECT_GT(kernel.bytes, 0u) << kernel.name;
    EXPECT_GT(kernel.events, 0u) << kernel.name;
  }
}

TEST_F(CudaBackendTest, StagingMemoryIsAlignedAndMayOutliveTheBackend) {
  make();
  StagingBlock block = backend().allocate_staging(1000);
  session_.reset();

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % 64, 0u);
  EXPECT_EQ(block.size(), 1000u);
  block.data()[999] = std::byte{1};
}

}  // namespace
}  // namespace sluice::cuda
