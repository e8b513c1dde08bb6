#include "bench/gpu/textbook.hpp"

#include <gtest/gtest.h>

#include "tests/bench/plain_groups.hpp"

namespace sluice::cuda {
namespace {

using bench::Aggregates;
using bench::LoadBatch;
using bench::LoadShape;

LoadBatch batch_of(const LoadShape& shape, std::uint64_t first_event) {
  return {shape, first_event, bench::pageable_block(LoadBatch::bytes_needed(shape))};
}

TEST(Textbook, FindsWhatAPlainLoopFinds) {
  const LoadShape shape{.events = 3'000, .keys = 40, .panes = 5, .event_bytes = 16};
  const LoadBatch batch = batch_of(shape, 0);
  Textbook textbook(shape.events, 40);
  textbook.load(batch.columns());
  for (const Aggregates aggregates : {Aggregates::count_sum, Aggregates::count_sum_min_max}) {
    const std::vector<bench::GroupRow> expected =
        bench::plain_groups(batch.columns(), 40, aggregates);
    EXPECT_EQ(textbook.run(aggregates), expected.size());
    EXPECT_EQ(textbook.rows(), expected);
  }
}

TEST(Textbook, ForgetsTheBatchBefore) {
  const LoadShape shape{.events = 1'000, .keys = 3, .event_bytes = 16};
  const LoadBatch first = batch_of(shape, 0);
  const LoadBatch second = batch_of(shape, 1'000);
  Textbook textbook(shape.events, 3);
  textbook.load(first.columns());
  textbook.run(Aggregates::count_sum);
  textbook.load(second.columns());
  textbook.run(Aggregates::count_sum);
  EXPECT_EQ(textbook.rows(), bench::plain_groups(second.columns(), 3, Aggregates::count_sum));
}

}  // namespace
}  // namespace sluice::cuda
