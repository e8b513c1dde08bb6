#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// Small enough for ThreadSanitizer, under which every CUDA thread is a thread: all kernels once,
// with threads that meet at the same key, row, chunk, column and partition.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

TEST(BackendRaces, ThreadsThatMeetAreOrderedOrAtomic) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                   {AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::sum_double, 0, true}};
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = 300;
  shape.max_keys = 400;
  shape.max_state_bytes = std::size_t{1} << 20;
  BackendSession session(make_backend(shape), shape.layout);
  const std::vector<ColumnIndex> columns = {0, 1};
  TestBatch batch(1);
  for (int i = 0; i < 300; ++i) {
    batch.add(i % 25, {static_cast<std::uint64_t>(i % 270), 0}, {i},
              static_cast<PartitionIndex>(i % 2));
  }

  const NamedReport first = session.accumulate(batch, tumbling_limits(10, 0, columns));
  const ColumnStep steps[] = {{.kind = Kind::combine, .target = 2, .source = 0},
                              {.kind = Kind::emit, .target = 2, .source = 1, .output = 0},
                              {.kind = Kind::reset, .target = 2},
                              {.kind = Kind::drop, .target = 0}};
  const std::vector<NamedRows> closed = session.run(steps, 1);
  session.load(session.backend().save());
  const ColumnStep combining = {.kind = Kind::combine, .target = 3, .source = 1};
  session.run_strands(combining, 0);
  const ColumnStep sealing[] = {{.kind = Kind::seal, .target = 1},
                                {.kind = Kind::emit, .target = 1, .output = 0},
                                {.kind = Kind::seal, .target = 3},
                                {.kind = Kind::combine, .target = 4, .source = 3}};
  const std::uint32_t strands[] = {2, 4};  // side by side: both seal for the same slots
  const std::vector<NamedRows> sealed = session.run_strands({sealing, strands}, 1);
  TestBatch other(1);
  for (std::uint64_t k = 0; k < 150; ++k) other.add(15, {1000 + k, 0}, {1});
  const NamedReport second = session.accumulate(other, tumbling_limits(10, 0, columns));

  EXPECT_EQ(first.accepted, 240u);
  EXPECT_EQ(first.parked.size(), 60u);
  EXPECT_EQ(closed[0].size(), 225u);
  EXPECT_EQ(second.accepted, 150u);
  EXPECT_EQ(sealed[0].size(), session.rows_of(3).size());
}

TEST(BackendRaces, ThreadsOfThePlainPassThatMeetAreOrderedOrAtomic) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = 300;
  shape.max_keys = 400;
  shape.max_state_bytes = std::size_t{1} << 20;
  const std::vector<ColumnIndex> columns = {0, 1};
  TestBatch batch(1);
  for (int i = 0; i < 300; ++i) {
    batch.add(i % 19, {static_cast<std::uint64_t>(i % 2 == 0 ? 7 : i % 90), 0}, {i - 150},
              static_cast<PartitionIndex>(i % 2));
  }
  for (const AccumulatePath path : {AccumulatePath::private_tables, AccumulatePath::shared_table,
                                    AccumulatePath::partitioned}) {
    shape.path = path;
    BackendSession session(make_backend(shape), shape.layout);
    EventColumns events = batch.columns();
    events.values[0].valid = nullptr;
    for (int round = 0; round < 2; ++round) {
      const Ticket ticket = session.backend().stage(events);
      const BatchReport report =
          session.backend().accumulate(ticket, tumbling_limits(10, 0, columns), {});
      session.backend().release(ticket);
      EXPECT_EQ(report.accepted, 300u);
    }
    EXPECT_EQ(session.backend().status().path, path);
  }
}

}  // namespace
}  // namespace sluice::cuda
