#include "kernels/cpu/cpu_backend.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::cpu {
namespace {

using contract::EventBatch;
using contract::Limits;

BackendShape shape(unsigned threads) {
  BackendShape made = contract::small_shape(contract::full_layout());
  made.threads = threads;
  made.max_batch_events = 200'000;
  return made;
}

/// Rows of columns [0, columns) by (column, key).
std::map<std::pair<ColumnIndex, std::uint64_t>, std::vector<std::uint64_t>> content(
    CpuBackend& backend) {
  const StateImage image = backend.save();
  std::map<KeySlot, std::uint64_t> keys;
  for (const StateImage::Key& key : image.keys) keys[key.slot] = key.low;
  std::map<std::pair<ColumnIndex, std::uint64_t>, std::vector<std::uint64_t>> rows;
  const std::size_t words = contract::full_layout().words();
  for (const StateImage::Column& column : image.columns) {
    for (std::size_t r = 0; r < column.rows.size(); ++r) {
      const auto first = column.rows.words.begin() + static_cast<std::ptrdiff_t>(r * words);
      rows[{column.column, keys.at(column.rows.slots[r])}] = {
          first, first + static_cast<std::ptrdiff_t>(words)};
    }
  }
  return rows;
}

TEST(CpuBackend, NamesItselfAndItsCores) {
  CpuBackend backend(shape(3));

  EXPECT_EQ(backend.kind(), BackendKind::cpu);
  EXPECT_TRUE(backend.device().ends_with(" x 3")) << backend.device();
}

TEST(CpuBackend, StagingMemoryIsAlignedForVectors) {
  CpuBackend backend(shape(1));

  StagingBlock block = backend.allocate_staging(1000);

  EXPECT_EQ(block.size(), 1000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % 64, 0u);
  block.data()[999] = std::byte{1};
}

TEST(CpuBackend, LargeStagingMemoryIsAlignedToHugePages) {
  CpuBackend backend(shape(1));
  constexpr std::size_t huge_page = std::size_t{2} << 20;

  StagingBlock block = backend.allocate_staging(huge_page + 1);

  EXPECT_EQ(block.size(), huge_page + 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % huge_page, 0u);
  block.data()[huge_page] = std::byte{1};
}

// Some batches' rows may lie with the workers when a window closes.
TEST(CpuBackend, ClosingFindsTheRowsThatWorkersHold) {
  BackendShape made = shape(3);
  made.path = AccumulatePath::private_tables;
  CpuBackend backend(made);
  constexpr std::uint64_t keys = 3'000;
  constexpr std::size_t size = 60'000;
  EventBatch batch;
  for (std::size_t i = 0; i < size; ++i) batch.add(5, {i % keys, 0}, 1);
  const Limits limits = Limits::tumbling(10, 0, 1);
  const ColumnStep close[] = {{.kind = ColumnStep::Kind::emit, .target = 0},
                              {.kind = ColumnStep::Kind::reset, .target = 0}};
  for (const std::uint64_t batches : {1u, 4u, 2u}) {
    for (std::uint64_t b = 0; b < batches; ++b) {
      const Ticket ticket = backend.stage(batch.columns());
      EXPECT_EQ(backend.accumulate(ticket, limits.limits, {}).accepted, size);
      backend.release(ticket);
    }
    std::vector<WindowRows> emitted(1);

    static_cast<Backend&>(backend).run(StepProgram(close), {}, emitted);

    ASSERT_EQ(emitted[0].size(), keys);
    const std::size_t words = made.layout.words();
    for (std::size_t r = 0; r < keys; ++r) {
      ASSERT_EQ(emitted[0].words[r * words], batches * size / keys) << "row " << r;
    }
  }
}

TEST(CpuBackend, SeveralBatchesAreStagedAtOnce) {
  CpuBackend backend(shape(1));
  EventBatch first;
  first.add(1, {1, 0}, 10);
  EventBatch second;
  second.add(1, {1, 0}, 20);
  const Limits limits = Limits::tumbling(10, 0, 1);

  const Ticket a = backend.stage(first.columns());
  const Ticket b = backend.stage(second.columns());
  EXPECT_EQ(backend.accumulate(b, limits.limits, {}).accepted, 1u);
  backend.release(b);
  EXPECT_EQ(backend.accumulate(a, limits.limits, {}).accepted, 1u);
  backend.release(a);

  EXPECT_EQ(content(backend).size(), 1u);
  EXPECT_EQ((content(backend).at({0, 1})[0]), 2u);
}

// Few rows, many rows, and the change from one to the other while keys come.
TEST(CpuBackend, TheNumberOfThreadsDoesNotShowInTheRows) {
  for (const std::uint64_t keys : {300u, 30'000u}) {
    std::mt19937_64 random(keys);
    EventBatch batch;
    for (std::uint32_t i = 0; i < 150'000; ++i) {
      std::optional<std::int64_t> value = static_cast<std::int64_t>(random());
      if (i > 100'000 && i % 11 == 0) value.reset();
      batch.add(static_cast<EventTime>(i / 20'000 * 10 + random() % 12), {random() % keys, 0},
                value, static_cast<PartitionIndex>(i / 10'000));
    }
    CpuBackend alone(shape(1));
    const Limits limits = Limits::tumbling(10, 0, 20);
    const BatchReport expected = alone.accumulate(alone.stage(batch.columns()), limits.limits, {});
    for (unsigned threads = 2; threads <= 4; ++threads) {
      SCOPED_TRACE(std::to_string(keys) + " keys (and seed), " + std::to_string(threads) +
                   " threads");
      CpuBackend backend(shape(threads));

      const BatchReport report =
          backend.accumulate(backend.stage(batch.columns()), limits.limits, {});

      EXPECT_EQ(report.accepted, expected.accepted);
      EXPECT_EQ(report.opened, expected.opened);
      ASSERT_EQ(report.first_seen.size(), expected.first_seen.size());
      for (std::size_t k = 0; k < report.first_seen.size(); ++k) {
        ASSERT_EQ(report.first_seen[k].slot, expected.first_seen[k].slot);
        ASSERT_EQ(report.first_seen[k].event, expected.first_seen[k].event);
      }
      ASSERT_TRUE(content(backend) == content(alone));
      const BatchReport again =
          backend.accumulate(backend.stage(batch.columns()), limits.limits, {});
      EXPECT_TRUE(again.first_seen.empty());
    }
  }
}

TEST(CpuBackend, MemoryThatIsGivenBackIsUsedAgain) {
  BackendShape small = shape(2);
  small.max_state_bytes = std::size_t{4} << 20;
  CpuBackend backend(small);
  EventBatch batch;
  for (std::uint64_t key = 0; key < 3000; ++key) batch.add(1, {key, 0});
  std::size_t first_bytes = 0;
  for (int round = 0; round < 200; ++round) {
    const Ticket ticket = backend.stage(batch.columns());
    const BatchReport report = backend.accumulate(ticket, Limits::tumbling(10, 0, 1).limits, {});
    backend.release(ticket);
    ASSERT_FALSE(report.out_of_memory) << "round " << round;
    if (round == 0) first_bytes = backend.status().state_bytes;
    ASSERT_EQ(backend.status().state_bytes, first_bytes);
    const ColumnStep drop{ColumnStep::Kind::drop, 0, no_column, 0};
    backend.run(drop, {}, {});
  }
}

}  // namespace
}  // namespace sluice::cpu
