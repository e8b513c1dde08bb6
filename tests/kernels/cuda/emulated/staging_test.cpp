#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/copy_runs.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"
#include "tests/kernels/cuda/emulated/staged_batch.hpp"

// How a batch gets to the device: in how many copies, with how many bytes, and who waits.
namespace sluice::cuda {
namespace {

TEST(CopyRuns, ColumnsOfOneBlockWithSmallGapsTravelTogether) {
  std::vector<std::byte> block(1 << 20);
  CopyRuns runs;
  runs.add(block.data() + 8192, 4000);
  runs.add(block.data(), 8000);
  runs.add(nullptr, 100);
  runs.add(block.data() + (1 << 19), 77);

  EXPECT_EQ(runs.settle(true), 12288u + 256u);

  ASSERT_EQ(runs.runs().size(), 2u);
  EXPECT_EQ(runs.runs()[0].bytes, 12192u);
  EXPECT_EQ(runs.runs()[1].bytes, 77u);
  EXPECT_EQ(runs.offset_of(block.data()), 0u);
  EXPECT_EQ(runs.offset_of(block.data() + 8192), 8192u);
  EXPECT_EQ(runs.offset_of(block.data() + (1 << 19)), 12288u);
}

TEST(CopyRuns, ColumnsOfSeveralBlocksTravelAlone) {
  std::vector<std::byte> block(4096);
  CopyRuns runs;
  runs.add(block.data() + 2000, 100);
  runs.add(block.data(), 1000);

  EXPECT_EQ(runs.settle(false), 1024u + 256u);

  ASSERT_EQ(runs.runs().size(), 2u);
  EXPECT_EQ(runs.offset_of(block.data() + 2000), 1024u);
}

TEST(CopyRuns, ColumnsThatShareBytesTravelOnce) {
  std::vector<std::byte> block(4096);
  CopyRuns runs;
  runs.add(block.data(), 1000);
  runs.add(block.data(), 800);

  EXPECT_EQ(runs.settle(true), 1024u);

  EXPECT_EQ(runs.runs()[0].bytes, 1000u);
}

class Staging : public testing::Test {
 public:
  Staging() {
    emulated::reset();
    const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0}};
    shape_.layout = lay_out_row(needs);
    shape_.max_batch_events = capacity;
    shape_.max_keys = 2000;
    shape_.max_state_bytes = std::size_t{1} << 24;
    backend_ = make_backend(shape_);
  }
  ~Staging() override {
    backend_.reset();
    emulated::reset();
  }

  std::map<KeySlot, std::vector<std::uint64_t>> sums_of(const EventColumns& columns) {
    const ColumnIndex column = 0;
    const Ticket ticket = backend_->stage(columns);
    const BatchReport report =
        backend_->accumulate(ticket, tumbling_limits(10, 0, {&column, 1}), {});
    backend_->release(ticket);
    EXPECT_EQ(report.accepted, columns.size);
    WindowRows rows;
    const ColumnStep steps[] = {{.kind = ColumnStep::Kind::emit, .target = 0, .output = 0},
                                {.kind = ColumnStep::Kind::drop, .target = 0}};
    backend_->run(StepProgram(steps), {}, {&rows, 1});
    std::map<KeySlot, std::vector<std::uint64_t>> sums;
    const std::size_t words = shape_.layout.words();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      sums[rows.slots[r]].assign(rows.words.begin() + static_cast<std::ptrdiff_t>(r * words),
                                 rows.words.begin() + static_cast<std::ptrdiff_t>((r + 1) * words));
    }
    return sums;
  }

  static constexpr std::size_t capacity = 40'000;
  BackendShape shape_;
  std::unique_ptr<Backend> backend_;
};

TEST_F(Staging, AFullBatchIsOneCopy) {
  PinnedColumns columns(*backend_, capacity);
  const EventColumns wide = columns.wide(0, 100, capacity);
  const emulated::Counters before = emulated::counters();

  backend_->release(backend_->stage(wide));

  const emulated::Counters after = emulated::counters();
  EXPECT_EQ(after.copies - before.copies, 1u);
  EXPECT_EQ(after.bytes_to_device - before.bytes_to_device, capacity * 24);
  EXPECT_EQ(after.pageable_copies, before.pageable_copies);
}

TEST_F(Staging, OnlyWhatABatchUsesOfItsColumnsTravels) {
  PinnedColumns columns(*backend_, capacity);
  const EventColumns narrow = columns.narrow(0, 100, capacity);
  const emulated::Counters before = emulated::counters();

  backend_->release(backend_->stage(narrow));

  const emulated::Counters after = emulated::counters();
  EXPECT_EQ(after.bytes_to_device - before.bytes_to_device, capacity * 12);
  EXPECT_EQ(after.copies - before.copies, 3u);
}

TEST_F(Staging, WideNarrowAndScatteredColumnsGiveTheSameRows) {
  PinnedColumns columns(*backend_, capacity);
  for (const std::size_t size : {std::size_t{1}, std::size_t{33}, std::size_t{5000}, capacity}) {
    const auto expected = sums_of(columns.wide(0, 300, size));
    EventColumns scattered = columns.wide(0, 300, size);
    scattered.in_one_block = false;
    EXPECT_EQ(sums_of(scattered), expected) << size;
    EXPECT_EQ(sums_of(columns.narrow(0, 300, size)), expected) << size;
  }
}

TEST_F(Staging, ThreeBatchesAreOnTheirWayBeforeAnybodyWaits) {
  std::vector<PinnedColumns> batches;
  for (int i = 0; i < 3; ++i) batches.emplace_back(*backend_, capacity);
  std::vector<EventColumns> events;
  for (PinnedColumns& batch : batches) events.push_back(batch.wide(0, 100, capacity));
  const emulated::Counters before = emulated::counters();

  std::vector<Ticket> tickets;
  for (const EventColumns& columns : events) tickets.push_back(backend_->stage(columns));

  const emulated::Counters after = emulated::counters();
  EXPECT_EQ(after.copies - before.copies, 3u);
  EXPECT_EQ(after.stream_synchronisations, before.stream_synchronisations);
  EXPECT_EQ(after.event_synchronisations, before.event_synchronisations);
  EXPECT_EQ(after.device_synchronisations, before.device_synchronisations);
  EXPECT_EQ(after.allocations + after.pinned_allocations,
            before.allocations + before.pinned_allocations);
  for (const Ticket ticket : tickets) backend_->release(ticket);
}

TEST_F(Staging, KernelsOfABatchDoNotWaitForTheCopiesOfTheNext) {
  PinnedColumns first(*backend_, capacity);
  PinnedColumns second(*backend_, capacity);
  sums_of(first.wide(0, 100, 1000));  // tables and buffers get their size
  const Ticket one = backend_->stage(first.wide(0, 100, 1000));
  const Ticket two = backend_->stage(second.wide(0, 100, capacity));
  const ColumnIndex column = 0;

  backend_->accumulate(one, tumbling_limits(10, 0, {&column, 1}), {});

  // The lazy device has done what it had to, and nobody asked for the second batch yet.
  const emulated::Counters before = emulated::counters();
  backend_->release(two);
  EXPECT_EQ(emulated::counters().event_synchronisations - before.event_synchronisations, 1u);
  backend_->release(one);
}

}  // namespace
}  // namespace sluice::cuda
