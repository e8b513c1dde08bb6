#include "kernels/device_plan.hpp"

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// The plan that `sluice check` prints, against what a backend over the emulator takes.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

BackendShape shape_of(std::vector<AccumulatorNeed> needs, std::size_t events, std::size_t keys) {
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = events;
  shape.max_keys = keys;
  shape.max_state_bytes = std::size_t{1} << 28;
  return shape;
}

class DevicePlanTest : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override {
    session_.reset();
    emulated::reset();
  }

  /// A row of every key in every pane and in every working column.
  void fill(const BackendShape& shape, const StateNeeds& needs) {
    session_ = std::make_unique<BackendSession>(make_backend(shape), shape.layout);
    std::vector<ColumnIndex> columns(needs.panes);
    std::iota(columns.begin(), columns.end(), static_cast<ColumnIndex>(needs.working_columns));
    for (std::size_t pane = 0; pane < needs.panes; ++pane) {
      for (std::size_t first = 0; first < needs.keys; first += shape.max_batch_events) {
        TestBatch batch(1);
        const std::size_t end = std::min(needs.keys, first + shape.max_batch_events);
        for (std::size_t key = first; key < end; ++key) {
          batch.add(static_cast<EventTime>(10 * pane), {key, needs.integer_keys ? 0u : 1u},
                    {static_cast<std::int64_t>(1000 + key)});
        }
        BatchLimits limits = tumbling_limits(10, 0, columns);
        limits.closing_columns = static_cast<std::uint32_t>(needs.working_columns);
        ASSERT_EQ(session_->accumulate(batch, limits).parked.size(), 0u);
      }
    }
    std::vector<ColumnStep> steps;
    for (ColumnIndex column = 0; column < needs.working_columns; ++column) {
      steps.push_back({Kind::combine, column, columns[0], 0});
      steps.push_back({Kind::emit, column, no_column, column});
    }
    session_->run(steps, needs.working_columns);
  }

  /// As far as it goes, growth in steps takes up to an eighth more.
  static void expect_about(std::size_t found, std::size_t planned, const char* what) {
    EXPECT_GE(found, planned - planned / 20) << what;
    EXPECT_LE(found, planned + planned / 8 + (std::size_t{1} << 16)) << what;
  }

  std::unique_ptr<BackendSession> session_;
};

TEST_F(DevicePlanTest, SaysWhatABackendTakes) {
  struct Case {
    BackendShape shape;
    StateNeeds needs;
  };
  using K = AccumulatorKind;
  const Case cases[] = {
      {shape_of({{K::sum_integer, 0}}, 3000, 5000), {5000, 6, 1, false}},
      {shape_of({{K::nulls, 0}, {K::sum_integer, 0}, {K::minimum, 0}, {K::maximum, 0}}, 20'000,
                2000),
       {2000, 10, 3, true}},
      {shape_of({}, 8000, 300), {300, 40, 1, false}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.needs.keys) + " keys");
    fill(c.shape, c.needs);
    const DevicePlan plan = plan_device(c.shape, c.needs);
    const BackendStatus status = session_->backend().status();
    expect_about(status.state_bytes, plan.state(), "state");
    expect_about(status.staging_bytes, plan.staging, "staging");
    expect_about(status.result_bytes, plan.results, "results");
    const std::size_t lists = emulated::device_bytes_in_use() - status.staging_bytes -
                              status.result_bytes - status.pool_bytes - plan.dictionary -
                              plan.directory;
    EXPECT_GE(lists + 16 * c.shape.max_batch_events, plan.batch_lists - plan.batch_lists / 8)
        << "parts of a batch are had when they are needed";
    EXPECT_LE(lists, plan.batch_lists + plan.batch_lists / 4);
  }
}

TEST_F(DevicePlanTest, SaysAboutWhatSealedPanesTake) {
  const BackendShape shape = shape_of({{AccumulatorKind::sum_integer, 0}}, 4000, 4000);
  const StateNeeds needs{4000, 12, 0, false};
  fill(shape, needs);
  std::vector<ColumnStep> seals;
  for (ColumnIndex pane = 0; pane < needs.panes; ++pane) {
    seals.push_back({Kind::seal, pane, no_column, 0});
  }
  session_->run(seals, 0);
  const DevicePlan plan = plan_device(shape, needs);
  const BackendStatus status = session_->backend().status();
  const std::size_t sealed = status.state_bytes - plan.dictionary - plan.directory;

  EXPECT_LT(sealed, plan.panes / 3);
  EXPECT_LE(sealed, plan.sealed_panes + plan.sealed_panes / 4);
  EXPECT_GE(sealed, plan.sealed_panes / 2);
  EXPECT_GT(status.sealed_bytes, sealed / 2);
  EXPECT_LE(status.sealed_bytes, sealed);
  EXPECT_GE(status.pool_bytes, plan.panes);
}

TEST_F(DevicePlanTest, AnHourBySecondsOverAMillionKeysFits) {
  BackendShape shape = shape_of({{AccumulatorKind::sum_integer, 0}}, 1 << 20, 1'000'000);
  shape.max_state_bytes = std::size_t{60} << 30;
  const DevicePlan plan = plan_device(shape, {1'000'000, 3600, 1, true});

  EXPECT_GT(plan.panes, std::size_t{80} << 30) << "24 bytes a key and pane";
  EXPECT_LT(plan.sealed_panes, std::size_t{24} << 30) << "under 7";
  EXPECT_LT(plan.dictionary + plan.directory + plan.working + plan.sealed_panes,
            shape.max_state_bytes);
}

}  // namespace
}  // namespace sluice::cuda
