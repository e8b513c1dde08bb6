#include "bench/group_rows.hpp"

#include <gtest/gtest.h>

#include "tests/bench/plain_groups.hpp"

namespace sluice::bench {
namespace {

TEST(GroupRows, AreWhatAPlainLoopFinds) {
  for (const Aggregates aggregates : {Aggregates::count_sum, Aggregates::count_sum_min_max}) {
    const LoadShape shape{.events = 3'000, .keys = 40, .panes = 5, .event_bytes = 16};
    const LoadBatch batch(shape, 0, pageable_block(LoadBatch::bytes_needed(shape)));
    const auto backend = make_backend(
        BackendKind::cpu,
        load_backend_shape(BackendKind::cpu, row_layout_of(aggregates), shape.events, shape.keys));
    const LoadLimits limits(shape.panes);
    const Ticket ticket = backend->stage(batch.columns());
    backend->accumulate(ticket, limits.limits, {});
    backend->release(ticket);
    EXPECT_EQ(groups_of(*backend, aggregates, 40), plain_groups(batch.columns(), 40, aggregates));
  }
}

}  // namespace
}  // namespace sluice::bench
