#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// Strands and groups of slots run in any order and share the pool, the pages and the output; and
// however many windows close, they are one launch.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

constexpr ColumnIndex panes = 120;
constexpr std::uint32_t windows_a_strand = 20;
constexpr ColumnIndex panes_a_window = 5;

class ClosingOrder : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override {
    session_.reset();
    emulated::reset();
  }

  void make() {
    const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                     {AccumulatorKind::minimum, 0}};
    BackendShape shape;
    shape.layout = lay_out_row(needs);
    shape.max_batch_events = 4000;
    shape.max_keys = 2000;
    shape.max_state_bytes = std::size_t{1} << 25;
    session_ = std::make_unique<BackendSession>(make_backend(shape), shape.layout);
  }
  void offer(std::uint64_t keys) {
    std::vector<ColumnIndex> columns;
    for (ColumnIndex pane = 0; pane < panes; ++pane) columns.push_back(pane);
    TestBatch batch(1);
    for (std::uint64_t i = 0; i < 3600; ++i) {
      batch.add(static_cast<EventTime>(10 * (i % panes)), {i * 7 % keys, 0},
                {static_cast<std::int64_t>(i)});
    }
    ASSERT_EQ(session_->accumulate(batch, tumbling_limits(10, 0, columns)).accepted, batch.size());
  }

  /// A window over five panes for each pane, in strands with a working column each, and the panes
  /// that only a strand's own windows read sealed by it.
  struct Program {
    std::vector<ColumnStep> steps;
    std::vector<std::uint32_t> strands;
    std::size_t windows = 0;
  };
  static Program sliding_windows() {
    Program program;
    for (ColumnIndex pane = 0; pane + panes_a_window <= panes; ++pane) {
      const auto strand = static_cast<ColumnIndex>(program.windows / windows_a_strand);
      const ColumnIndex working = panes + strand;
      for (ColumnIndex p = pane; p < pane + panes_a_window; ++p) {
        program.steps.push_back({Kind::combine, working, p, 0});
      }
      program.steps.push_back(
          {Kind::emit, working, no_column, static_cast<std::uint32_t>(program.windows)});
      program.steps.push_back({Kind::reset, working, no_column, 0});
      const auto in_strand = program.windows % windows_a_strand;
      if (in_strand > panes_a_window && in_strand + panes_a_window < windows_a_strand) {
        program.steps.push_back({Kind::seal, pane, no_column, 0});
      }
      ++program.windows;
      if (program.windows % windows_a_strand == 0) {
        program.strands.push_back(static_cast<std::uint32_t>(program.steps.size()));
      }
    }
    if (program.windows % windows_a_strand != 0) {
      program.strands.push_back(static_cast<std::uint32_t>(program.steps.size()));
    }
    return program;
  }
  std::vector<NamedRows> close(const Program& program) {
    return session_->run_strands({program.steps, program.strands}, program.windows);
  }

  std::unique_ptr<BackendSession> session_;
};

TEST_F(ClosingOrder, ManyWindowsOfFewKeysAreOneLaunch) {
  make();
  offer(4);
  const Program program = sliding_windows();
  ASSERT_EQ(close(program)[7].size(), 4u);  // seals, and opens the working columns
  offer(4);
  const std::uint64_t before = emulated::counters().launches;

  close(program);

  EXPECT_EQ(emulated::counters().launches - before, 1u);
}

TEST_F(ClosingOrder, NoOrderOfBlocksWarpsAndStreamsChangesARow) {
  const Program program = sliding_windows();
  std::vector<std::vector<NamedRows>> expected;
  for (std::uint64_t seed = 0; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    if (seed > 0) emulated::set_schedule(emulated::Schedule::random, seed);
    make();
    for (std::size_t round = 0; round < 3; ++round) {
      offer(600);
      const std::vector<NamedRows> rows = close(program);
      ASSERT_EQ(rows.size(), program.windows);
      if (seed == 0) {
        expected.push_back(rows);
        continue;
      }
      ASSERT_TRUE(rows == expected[round]) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace sluice::cuda
