#include "bench/backend_load.hpp"

#include <map>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

LoadBatch batch_of(const LoadShape& shape, std::uint64_t first_event = 0) {
  return {shape, first_event, pageable_block(LoadBatch::bytes_needed(shape))};
}

std::size_t bytes_of(const EventColumns& events) {
  return time_bytes_of(events) + key_bytes_of(events) +
         (events.value_count == 0 ? 0 : value_bytes_of(events.values[0]));
}

TEST(LoadBatch, ColumnsAreAsWideAsTheShapeSays) {
  for (const unsigned bytes : {8u, 12u, 16u, 24u}) {
    const LoadBatch batch = batch_of({.events = 10, .keys = 3, .event_bytes = bytes});
    EXPECT_EQ(bytes_of(batch.columns()), bytes);
  }
  for (const unsigned bytes : {20u, 24u, 28u, 32u}) {
    const LoadBatch batch =
        batch_of({.events = 10, .keys = 3, .key_kind = KeyKind::hashed, .event_bytes = bytes});
    EXPECT_EQ(bytes_of(batch.columns()), bytes);
  }
  EXPECT_THROW(batch_of({.events = 1, .keys = 1, .event_bytes = 20}), std::invalid_argument);
  EXPECT_THROW(batch_of({.events = 1, .keys = 1, .key_kind = KeyKind::hashed, .event_bytes = 16}),
               std::invalid_argument);
}

TEST(LoadBatch, NarrowAndWideColumnsHoldTheSameEvents) {
  const LoadShape narrow{.events = 1'000, .keys = 50, .panes = 5, .event_bytes = 12};
  LoadShape wide = narrow;
  wide.event_bytes = 24;
  const LoadBatch narrow_batch = batch_of(narrow, 77);
  const LoadBatch wide_batch = batch_of(wide, 77);
  const EventColumns a = narrow_batch.columns();
  const EventColumns b = wide_batch.columns();
  for (std::size_t i = 0; i < narrow.events; ++i) {
    EXPECT_EQ(a.time[i], b.time[i]);
    EXPECT_EQ(a.key.low_of(i), b.key.low_of(i));
    EXPECT_EQ(a.values[0][i], b.values[0][i]);
  }
}

TEST(LoadBatch, TimesFillThePanesAndNoMore) {
  const LoadBatch batch = batch_of({.events = 1'000, .keys = 1, .panes = 7, .event_bytes = 16});
  const EventColumns events = batch.columns(5 * pane_length);
  std::map<PaneIndex, std::size_t> panes;
  for (std::size_t i = 0; i < events.size; ++i) {
    ++panes[PaneGrid{0, pane_length}.pane_of(events.time[i])];
  }
  EXPECT_EQ(panes.begin()->first, 5);
  EXPECT_EQ(panes.rbegin()->first, 11);
  EXPECT_EQ(panes.size(), 7u);
}

TEST(LoadBatch, DifferentKeysHaveDifferentHashes) {
  const LoadBatch batch = batch_of({.events = 500,
                                    .keys = 500,
                                    .spread = Spread::sequential,
                                    .key_kind = KeyKind::hashed,
                                    .event_bytes = 20});
  const EventColumns events = batch.columns();
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> seen;
  for (std::size_t i = 0; i < events.size; ++i)
    ++seen[{events.key.low_of(i), events.key.high_of(i)}];
  EXPECT_EQ(seen.size(), 500u);
}

TEST(LoadBatch, ABackendAcceptsAllOfIt) {
  const LoadShape shape{.events = 5'000, .keys = 100, .panes = 3, .event_bytes = 16};
  const auto backend = make_backend(
      BackendKind::cpu, load_backend_shape(BackendKind::cpu, row_layout_of(Aggregates::count_sum),
                                           shape.events, shape.keys));
  const std::vector<LoadBatch> batches = make_batches(shape, 2, backend.get());
  const LoadLimits limits(shape.panes);
  for (const LoadBatch& batch : batches) {
    const Ticket ticket = backend->stage(batch.columns());
    EXPECT_EQ(backend->accumulate(ticket, limits.limits, {}).accepted, shape.events);
    backend->release(ticket);
  }
  EXPECT_EQ(backend->status().keys, 100u);
}

// Benchmarks of device-resident events stand on this.
TEST(LoadBatch, AStagedBatchMayBeAccumulatedAgainAndAgain) {
  const LoadShape shape{.events = 1'000, .keys = 10, .event_bytes = 16};
  const RowLayout layout = row_layout_of(Aggregates::count_sum_min_max);
  const auto backend = make_backend(
      BackendKind::cpu, load_backend_shape(BackendKind::cpu, layout, shape.events, shape.keys));
  const LoadBatch batch = batch_of(shape);
  const LoadLimits limits(shape.panes);
  const Ticket ticket = backend->stage(batch.columns());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(backend->accumulate(ticket, limits.limits, {}).accepted, shape.events);
  }
  backend->release(ticket);
  std::uint64_t events = 0;
  const StateImage image = backend->save();
  ASSERT_EQ(image.columns.size(), 1u);
  for (std::size_t row = 0; row < image.columns[0].rows.size(); ++row) {
    events += image.columns[0].rows.words[row * layout.words()];
  }
  EXPECT_EQ(events, 3 * shape.events);
}

}  // namespace
}  // namespace sluice::bench
