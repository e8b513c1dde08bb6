#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// When there is no memory left: for max_state_bytes, or on the device. Events are parked before
// closing could be short of it; a closing that is all the same changes nothing; the state can be
// saved.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;

class Memory : public testing::Test {
 public:
  Memory() {
    emulated::reset();
    const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                     {AccumulatorKind::sum_integer, 0}};
    shape_.layout = lay_out_row(needs);
    shape_.max_batch_events = 4000;
    shape_.max_keys = 1000;
    shape_.max_state_bytes = std::size_t{1} << 20;
  }
  ~Memory() override {
    session_.reset();
    emulated::reset();
  }

  void make() { session_ = std::make_unique<BackendSession>(make_backend(shape_), shape_.layout); }

  /// One event of each key in each pane of [first, first + count).
  static TestBatch events(PaneIndex first, PaneIndex count, std::uint64_t keys) {
    TestBatch batch(1);
    for (PaneIndex pane = first; pane < first + count; ++pane) {
      for (std::uint64_t key = 0; key < keys; ++key) batch.add(10 * pane + 3, {key, 0}, {1});
    }
    return batch;
  }
  std::vector<std::uint64_t> row(std::uint64_t count) const {
    std::vector<std::uint64_t> words(shape_.layout.words());
    words[0] = words[shape_.layout.accumulators[1].hot] = count;
    return words;
  }

  BackendShape shape_;
  std::unique_ptr<BackendSession> session_;
};

TEST_F(Memory, AClosingThatFindsNoneChangesNothingAndTheStateCanBeSaved) {
  make();
  const std::vector<ColumnIndex> columns = {0, 1};
  session_->accumulate(events(0, 2, 600), tumbling_limits(10, 0, columns));
  const std::vector<ColumnStep> seal = {{Kind::seal, 1, no_column, 0}};
  session_->run(seal, 0);
  std::vector<ColumnStep> steps{{Kind::drop, 0, no_column, 0}, {Kind::emit, 1, no_column, 0}};
  for (ColumnIndex column = 2; column < 200; ++column) {
    steps.push_back({Kind::combine, column, 1, 0});
  }
  const NamedRows first = session_->rows_of(0);
  const NamedRows second = session_->rows_of(1);

  std::vector<WindowRows> output(1);
  EXPECT_THROW(session_->backend().run(steps, {}, output), StateFull);

  EXPECT_EQ(session_->rows_of(0), first);
  EXPECT_EQ(session_->rows_of(1), second);
  const StateImage image = session_->backend().save();
  ASSERT_EQ(image.columns.size(), 2u);
  shape_.max_state_bytes *= 8;
  BackendSession larger(make_backend(shape_), shape_.layout);
  larger.load(image);
  EXPECT_EQ(larger.rows_of(0), first);
  EXPECT_EQ(larger.rows_of(1), second);
  EXPECT_EQ(larger.run(steps, 1)[0], second);
}

TEST_F(Memory, AStateCanBeSavedOnADeviceThatIsFull) {
  make();
  std::vector<ColumnIndex> columns(8);
  std::iota(columns.begin(), columns.end(), ColumnIndex{0});
  session_->accumulate(events(0, 6, 600), tumbling_limits(10, 0, columns));
  emulated::set_memory_bytes(emulated::device_bytes_in_use());
  std::vector<ColumnStep> steps;
  for (ColumnIndex column = 10; column < 400; ++column) {
    steps.push_back({Kind::combine, column % 50 + 10, 0, 0});
  }
  EXPECT_THROW(session_->run(steps, 0), StateFull);

  const StateImage image = session_->backend().save();

  EXPECT_EQ(image.keys.size(), 600u);
  ASSERT_EQ(image.columns.size(), 6u);
  for (const StateImage::Column& column : image.columns) EXPECT_EQ(column.rows.size(), 600u);
}

TEST_F(Memory, AccumulateLeavesRoomForWhatClosingOpens) {
  for (const std::uint32_t closing_columns : {1u, 3u}) {
    make();
    constexpr ColumnIndex panes = 100;
    std::vector<ColumnIndex> columns(panes);
    std::iota(columns.begin(), columns.end(), ColumnIndex{10});
    BatchLimits limits = tumbling_limits(10, 0, columns);
    limits.closing_columns = closing_columns;
    std::uint64_t parked = 0;
    for (PaneIndex pane = 0; pane < panes; pane += 6) {
      parked +=
          session_->accumulate(events(pane, std::min<PaneIndex>(6, panes - pane), 600), limits)
              .parked.size();
    }
    ASSERT_GT(parked, 0u) << "the state is used up";
    EXPECT_LE(session_->backend().status().state_bytes, shape_.max_state_bytes);

    std::vector<ColumnStep> steps;
    for (ColumnIndex column = 0; column < closing_columns; ++column) {
      for (ColumnIndex pane = 10; pane < 10 + panes; ++pane) {
        steps.push_back({Kind::combine, column, pane, 0});
      }
    }
    session_->run(steps, 0);

    std::uint64_t taken = 0;
    for (const ColumnIndex pane : columns) {
      for (const auto& [key, words] : session_->rows_of(pane)) taken += words[0];
    }
    for (ColumnIndex column = 0; column < closing_columns; ++column) {
      std::uint64_t combined = 0;
      for (const auto& [key, words] : session_->rows_of(column)) combined += words[0];
      EXPECT_EQ(combined, taken);
    }
    EXPECT_LE(session_->backend().status().state_bytes, shape_.max_state_bytes);
  }
}

/// `on_full: drop_new` of a sliding window: what is parked is given up, windows go on closing.
TEST_F(Memory, ASlidingWindowGoesOnClosingWhenNewEventsAreGivenUp) {
  shape_.max_state_bytes = 220'000;
  make();
  constexpr PaneIndex window = 6;
  constexpr PaneIndex ahead = 40;  // panes that are open at once: more than fit
  constexpr ColumnIndex running = 0;
  const auto column_of = [](PaneIndex pane) { return static_cast<ColumnIndex>(1 + pane % 64); };
  std::map<PaneIndex, std::uint64_t> accepted;  // events a pane has
  std::uint64_t given_up = 0;
  for (PaneIndex pane = 0; pane < 120; pane += 2) {
    std::vector<ColumnIndex> columns;
    const PaneIndex first = std::max<PaneIndex>(0, pane - window);
    for (PaneIndex p = first; p < pane + ahead; ++p) columns.push_back(column_of(p));
    BatchLimits limits = tumbling_limits(10, first, columns);
    limits.closing_columns = 1;
    TestBatch batch(1);
    std::vector<PaneIndex> panes;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const PaneIndex to = pane + static_cast<PaneIndex>(i % ahead);
      batch.add(10 * to + 5, {i % 400, 0}, {1});
      panes.push_back(to);
    }
    const NamedReport report = session_->accumulate(batch, limits);
    given_up += report.parked.size();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool parked = std::binary_search(report.parked.begin(), report.parked.end(),
                                             static_cast<std::uint32_t>(i));
      if (!parked) ++accepted[panes[i]];
    }

    for (PaneIndex closing = pane; closing < pane + 2; ++closing) {
      std::vector<ColumnStep> steps{{Kind::combine, running, column_of(closing), 0}};
      if (closing >= window) {
        steps.push_back({Kind::remove, running, column_of(closing - window), 0});
        steps.push_back({Kind::drop, column_of(closing - window), no_column, 0});
      }
      steps.push_back({Kind::emit, running, no_column, 0});
      std::uint64_t expected = 0;
      for (PaneIndex p = std::max<PaneIndex>(0, closing - window + 1); p <= closing; ++p) {
        expected += accepted[p];
      }
      std::uint64_t emitted = 0;
      const NamedRows rows = session_->run(steps, 1)[0];
      for (const auto& [key, words] : rows) emitted += words[0];
      ASSERT_EQ(emitted, expected) << "the window that ends with pane " << closing;
    }
  }
  EXPECT_GT(given_up, 0u);
  EXPECT_LE(session_->backend().status().state_bytes, shape_.max_state_bytes);
}

TEST_F(Memory, SealingWithoutRoomForAPageLeavesRowsAsTheyAre) {
  make();
  std::vector<ColumnIndex> columns = {0, 1, 2};
  session_->accumulate(events(0, 3, 600), tumbling_limits(10, 0, columns));
  emulated::set_memory_bytes(emulated::device_bytes_in_use());
  // The pool has no chunk left, and the device no memory for more.
  std::vector<ColumnStep> steps;
  for (const ColumnIndex column : columns) steps.push_back({Kind::seal, column, no_column, 0});
  for (const ColumnIndex column : columns) steps.push_back({Kind::emit, column, no_column, column});

  const std::vector<NamedRows> rows = session_->run(steps, 3);

  for (const NamedRows& pane : rows) {
    ASSERT_EQ(pane.size(), 600u);
    for (const auto& [key, words] : pane) EXPECT_EQ(words, row(1));
  }
}

}  // namespace
}  // namespace sluice::cuda
