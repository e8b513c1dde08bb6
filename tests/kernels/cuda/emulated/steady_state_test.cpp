#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/emulated/control.hpp"
#include "kernels/row_layout.hpp"
#include "tests/kernels/cuda/backend_session.hpp"
#include "tests/kernels/cuda/emulated/staged_batch.hpp"

// Once tables and buffers have their size, a batch and a closing allocate nothing, wait for no more
// than their own stream and stay off the default one. The first tests show that each of the three
// would be found.
namespace sluice::cuda {
namespace {

using emulated::Counters;
using Kind = ColumnStep::Kind;

/// What `work` does that a steady state must not, or "".
template <class Work>
std::string violations_of(const Work& work) {
  const Counters before = emulated::counters();
  work();
  const Counters after = emulated::counters();
  std::string found;
  const auto check = [&](std::uint64_t Counters::*counter, const char* name) {
    if (after.*counter != before.*counter) {
      found += std::string(name) + " " + std::to_string(after.*counter - before.*counter) + "; ";
    }
  };
  check(&Counters::allocations, "device allocations");
  check(&Counters::frees, "device frees");
  check(&Counters::pinned_allocations, "pinned allocations");
  check(&Counters::pinned_frees, "pinned frees");
  check(&Counters::streams_created, "streams created");
  check(&Counters::events_created, "events created");
  check(&Counters::device_synchronisations, "device-wide waits");
  check(&Counters::event_synchronisations, "waits for events");
  check(&Counters::default_stream_uses, "uses of the default stream");
  check(&Counters::pageable_copies, "copies of pageable memory");
  return found;
}

class SteadyState : public testing::Test {
 protected:
  void SetUp() override { emulated::reset(); }
  void TearDown() override {
    backend_.reset();
    emulated::reset();
  }

  void make() {
    const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                     {AccumulatorKind::sum_integer, 0}};
    BackendShape shape;
    shape.layout = lay_out_row(needs);
    shape.max_batch_events = events;
    shape.max_keys = 2000;
    shape.max_state_bytes = std::size_t{1} << 24;
    backend_ = make_backend(shape);
    for (int i = 0; i < 2; ++i) batches_.emplace_back(*backend_, events);
  }

  /// A batch into pane `pane`, the next one staged before its kernels run, a running value over
  /// three panes moved on by it, the pane sealed, the oldest one dropped.
  void turn(PaneIndex pane) {
    const ColumnIndex column = column_of(pane);
    BatchLimits limits = tumbling_limits(10, pane, {&column, 1});
    limits.closing_columns = 1;
    const Ticket ticket = ticket_;
    stage(pane + 1);
    ASSERT_EQ(backend_->accumulate(ticket, limits, {}).accepted, events);
    backend_->release(ticket);
    std::vector<ColumnStep> steps{{Kind::combine, running, column, 0}};
    if (pane >= 3) steps.push_back({Kind::remove, running, column_of(pane - 3), 0});
    steps.push_back({Kind::emit, running, no_column, 0});
    const auto first_strand = static_cast<std::uint32_t>(steps.size());
    steps.push_back({Kind::emit, column, no_column, 1});
    const std::uint32_t strands[] = {first_strand, first_strand + 1};
    backend_->run(StepProgram(steps, strands), {}, 2, rows_);
    rows_of_last_turn_ = rows_.rows();
    std::vector<ColumnStep> retiring{{Kind::seal, column, no_column, 0}};
    if (pane >= 3) retiring.push_back({Kind::drop, column_of(pane - 3), no_column, 0});
    backend_->run(retiring, {}, 0, rows_);
  }
  void stage(PaneIndex pane) {
    ticket_ =
        backend_->stage(batches_[static_cast<std::size_t>(pane % 2)].wide(10 * pane, keys, events));
  }
  static ColumnIndex column_of(PaneIndex pane) { return static_cast<ColumnIndex>(pane % 5); }

  static constexpr std::size_t events = 1500;
  static constexpr std::uint64_t keys = 701;
  static constexpr ColumnIndex running = 5;
  std::unique_ptr<Backend> backend_;
  std::vector<PinnedColumns> batches_;
  EmittedRows rows_;
  std::size_t rows_of_last_turn_ = 0;
  Ticket ticket_{};
};

TEST_F(SteadyState, AnAllocationIsFound) {
  EXPECT_NE(violations_of([] { DeviceBuffer<int> buffer(1); }), "");
  EXPECT_NE(violations_of([] { PinnedBuffer<int> buffer(1); }), "");
}

TEST_F(SteadyState, AWaitForTheWholeDeviceIsFound) {
  auto buffer = std::make_unique<DeviceBuffer<int>>(1);

  EXPECT_NE(violations_of([&] { buffer.reset(); }).find("device-wide waits"), std::string::npos);
}

TEST_F(SteadyState, TheDefaultStreamIsFound) {
  Stream stream;
  const Stream taken = std::move(stream);
  DeviceBuffer<int> buffer(1);

  // NOLINTNEXTLINE(bugprone-use-after-move): a stream moved from stands for the default one.
  const std::string found = violations_of([&] { fill_bytes(buffer.data(), 0, 4, stream); });

  EXPECT_EQ(found, "uses of the default stream 1; ");
}

TEST_F(SteadyState, BatchesAndClosingsDoNoneOfThem) {
  make();
  stage(0);
  for (PaneIndex pane = 0; pane < 12; ++pane) turn(pane);

  EXPECT_EQ(violations_of([&] {
              for (PaneIndex pane = 12; pane < 40; ++pane) turn(pane);
            }),
            "");
  EXPECT_EQ(rows_of_last_turn_, 2 * keys);
  backend_->release(ticket_);
}

TEST_F(SteadyState, NeitherDoClosingsOfManyWindowsWhoseRowsComeDownInParts) {
  make();
  stage(0);
  for (PaneIndex pane = 0; pane < 4; ++pane) turn(pane);
  std::vector<ColumnStep> steps;
  std::vector<std::uint32_t> strands;
  for (std::uint32_t output = 0; output < 60; ++output) {
    steps.push_back({Kind::emit, running, column_of(2), output});
    strands.push_back(output + 1);
  }
  backend_->run({steps, strands}, {}, 60, rows_);

  EXPECT_EQ(violations_of([&] { backend_->run({steps, strands}, {}, 60, rows_); }), "");
  EXPECT_EQ(rows_.rows(), 60 * keys);
  backend_->release(ticket_);
}

}  // namespace
}  // namespace sluice::cuda
