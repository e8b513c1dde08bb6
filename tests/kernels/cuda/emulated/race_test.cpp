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
  TestBatch other(1);
  for (std::uint64_t k = 0; k < 150; ++k) other.add(15, {1000 + k, 0}, {1});
  const NamedReport second = session.accumulate(other, tumbling_limits(10, 0, columns));

  EXPECT_EQ(first.accepted, 240u);
  EXPECT_EQ(first.parked.size(), 60u);
  EXPECT_EQ(closed[0].size(), 225u);
  EXPECT_EQ(second.accepted, 150u);
}

}  // namespace
}  // namespace sluice::cuda
