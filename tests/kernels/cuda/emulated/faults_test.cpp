#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// A kernel that fails leaves an error that sticks to the process. Whoever finds it, later, must say
// which kernel it may have been.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

class Faults : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override { emulated::reset(); }

  /// Batches and closings that run every kernel of the backend for a layout and a path.
  static void run_everything(const RowLayout& layout, AccumulatePath path) {
    BackendShape shape;
    shape.layout = layout;
    shape.max_batch_events = 600;
    shape.max_keys = 700;
    shape.max_state_bytes = std::size_t{1} << 22;
    shape.path = path;
    BackendSession session(make_backend(shape), layout);
    const std::vector<ColumnIndex> columns = {0, 1};
    const auto offer = [&](std::uint64_t first_key, int events, int ticks) {
      TestBatch batch(2);
      for (int i = 0; i < events; ++i) {
        batch.add(i % ticks, {first_key + static_cast<std::uint64_t>(i % 280), 0}, {i, 0},
                  static_cast<PartitionIndex>(i % 2));
      }
      session.accumulate(batch, tumbling_limits(10, 0, columns));
    };
    offer(0, 600, 20);
    offer(0, 600, 30);
    const std::vector<ColumnStep> steps = {{Kind::combine, 3, 0, 0},
                                           {Kind::combine, 3, 1, 0},
                                           {Kind::emit, 3, 1, 0},
                                           {Kind::seal, 1, no_column, 0},
                                           {Kind::drop, 0, no_column, 0}};
    session.run(steps, 1);
    std::vector<ColumnStep> opens;  // more than the pool has
    for (ColumnIndex column = 10; column < 60; ++column) {
      opens.push_back({Kind::combine, column, 3, 0});
      opens.push_back({Kind::drop, column, no_column, 0});
    }
    session.run(opens, 0);
    offer(1000, 280, 20);  // late events into a sealed pane; the dictionary grows
    offer(2000, 280, 20);  // and is full: dead keys are collected
    session.load(session.backend().save());
  }

  static std::set<std::string> kernels_run() {
    const std::vector<std::string> names = emulated::kernels_run();
    return {names.begin(), names.end()};
  }
};

std::vector<RowLayout> layouts() {
  using K = AccumulatorKind;
  const auto layout = [](std::vector<AccumulatorNeed> needs) { return lay_out_row(needs); };
  return {layout({}), layout({{K::sum_integer, 0}}),
          layout({{K::sum_integer, 0}, {K::minimum, 0}, {K::maximum, 0}}),
          layout({{K::sum_squares_integer, 0}})};
}

TEST_F(Faults, NameTheKernelThatFailed) {
  std::set<std::string> tested;
  for (const RowLayout& layout : layouts()) {
    for (const AccumulatePath path : {AccumulatePath::private_tables, AccumulatePath::shared_table,
                                      AccumulatePath::partitioned}) {
      emulated::reset();
      run_everything(layout, path);
      for (const std::string& kernel : kernels_run()) {
        if (!tested.insert(kernel).second) continue;
        emulated::reset();
        emulated::fail_kernel(kernel, emulated::error_illegal_address);
        try {
          run_everything(layout, path);
          ADD_FAILURE() << kernel << " failed and nobody noticed";
        } catch (const CudaError& error) {
          EXPECT_EQ(error.code(), emulated::error_illegal_address);
          EXPECT_THAT(error.what(), testing::HasSubstr(kernel));
        }
        emulated::reset();
      }
    }
  }
  for (const char* kernel :
       {"judge_events_kernel", "resolve_keys_kernel", "settle_keys_kernel", "want_chunks_kernel",
        "open_chunks_kernel", "accumulate_events_kernel", "run_program_kernel<RowInMemory>",
        "run_program_kernel<RowInRegisters<1>>", "run_program_kernel<RowInRegisters<2>>",
        "run_program_kernel<RowInRegisters<4>>", "count_missing_kernel", "write_rows_kernel",
        "mark_rows_kernel", "free_dead_slots_kernel", "enter_keys_kernel"}) {
    EXPECT_TRUE(tested.contains(kernel)) << kernel << " never ran";
  }
}

}  // namespace
}  // namespace sluice::cuda
