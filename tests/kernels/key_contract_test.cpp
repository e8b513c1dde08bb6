#include <algorithm>
#include <random>
#include <string>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {
namespace {

class KeyContract : public BackendContract {};

INSTANTIATE_TEST_SUITE_P(Backends, KeyContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

std::uint64_t wide(std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15u + 1; }

TEST_P(KeyContract, AKeyIsReportedWhenFirstSeen) {
  make(full_layout());
  EventBatch batch;
  for (const std::uint64_t key : {5u, 6u, 5u, 7u, 6u, 5u}) batch.add(1, {key, 0});

  const BatchReport first = offer(batch, Limits::tumbling(10, 0, 1).limits);
  const BatchReport again = offer(batch, Limits::tumbling(10, 0, 1).limits);

  std::vector<std::uint32_t> events;
  for (const FirstSeenKey& seen : first.first_seen) events.push_back(seen.event);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(keys_.size(), 3u) << "three slots";
  std::vector<std::uint64_t> named;
  for (const std::uint32_t event : events) named.push_back(batch.low[event]);
  std::sort(named.begin(), named.end());
  EXPECT_EQ(named, (std::vector<std::uint64_t>{5, 6, 7}));
  EXPECT_TRUE(again.first_seen.empty());
  EXPECT_TRUE(again.opened.empty());
  EXPECT_EQ(backend_->status().keys, 3u);
  EXPECT_EQ(backend_->status().columns, 1u);
}

TEST_P(KeyContract, KeysThatShareAHalfAreDifferentKeys) {
  make(full_layout());
  EventBatch batch;
  std::vector<Key> keys{{1, 0},     {1, 1},         {0, 1},          {0, 0},         {~0ull, 0},
                        {0, ~0ull}, {~0ull, ~0ull}, {1ull << 40, 0}, {1ull << 40, 1}};
  for (std::size_t k = 0; k < keys.size(); ++k) {
    for (std::size_t n = 0; n <= k; ++n) batch.add(1, keys[k], static_cast<std::int64_t>(k));
  }

  offer(batch, Limits::tumbling(10, 0, 1).limits);

  const Rows found = rows(0);
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(found.at(keys[k]).count, k + 1);
}

TEST_P(KeyContract, NewKeysAreRefusedWhenAllSlotsAreUsed) {
  BackendShape shape = small_shape(full_layout());
  shape.max_keys = 3;
  make(shape);
  EventBatch batch;
  for (const std::uint64_t key : {1u, 2u, 3u, 4u, 1u, 5u, 2u}) batch.add(1, {wide(key), 9}, 10);

  const BatchReport report = offer(batch, Limits::tumbling(10, 0, 1).limits);

  EXPECT_EQ(report.first_seen.size(), 3u);
  EXPECT_EQ(report.accepted + report.keys_full, 7u);
  EXPECT_GE(report.keys_full, 2u);
  EXPECT_FALSE(report.out_of_memory);
  EXPECT_EQ(rows(0).size(), 3u);
  std::uint64_t events = 0;
  for (const auto& [key, row] : rows(0)) events += row.count;
  EXPECT_EQ(events, report.accepted);
}

TEST_P(KeyContract, SlotsWithoutRowsAreGivenToNewKeys) {
  BackendShape shape = small_shape(full_layout());
  shape.max_keys = 2000;
  make(shape);
  std::mt19937_64 random(7);
  for (std::uint32_t round = 0; round < 30; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    EventBatch batch;
    const EventTime start = round * 10;
    for (std::uint32_t i = 0; i < 3000; ++i) {
      const std::uint64_t key = round * 900ull + random() % 1000;
      batch.add(start + static_cast<EventTime>(random() % 10),
                {round % 2 == 0 ? key : wide(key), 0}, static_cast<std::int64_t>(i));
    }
    const ColumnIndex column = round % 2;

    const BatchReport report =
        offer(batch, Limits::tumbling(10, static_cast<PaneIndex>(round), 1, column).limits);

    ASSERT_EQ(report.keys_full, 0u);
    ASSERT_EQ(rows(column), expected_rows(batch, 10).at(static_cast<PaneIndex>(round)));
    run({{ColumnStep::Kind::drop, 1 - column, no_column, 0}});
  }
  EXPECT_LE(backend_->status().keys, 2000u);
}

TEST_P(KeyContract, ASlotWhoseRowLivesIsNeverGivenAway) {
  BackendShape shape = small_shape(invertible_layout());
  shape.max_keys = 100;
  make(shape);
  EventBatch batch;
  for (std::uint64_t key = 0; key < 100; ++key) batch.add(1, {key, 0}, 1);
  offer(batch, Limits::tumbling(10, 0, 1, 0).limits);
  EventBatch keep;
  for (std::uint64_t key = 0; key < 50; ++key) keep.add(11, {key, 0}, 2);
  offer(keep, Limits::tumbling(10, 1, 1, 1).limits);
  run({{ColumnStep::Kind::drop, 0, no_column, 0}});
  EventBatch fresh;
  for (std::uint64_t key = 200; key < 260; ++key) fresh.add(12, {key, 0}, 3);

  const BatchReport report = offer(fresh, Limits::tumbling(10, 1, 1, 1).limits);

  EXPECT_EQ(report.keys_full, 10u);
  const Rows found = rows(1);
  ASSERT_EQ(found.size(), 100u);
  for (std::uint64_t key = 0; key < 50; ++key) EXPECT_EQ(found.at({key, 0}).sum, 2);
}

TEST_P(KeyContract, TheDictionaryGrowsWhileKeysKeepComing) {
  make(full_layout());
  const std::size_t first_capacity = backend_->status().key_capacity;
  std::uint64_t key = 0;
  for (int round = 0; round < 4; ++round) {
    EventBatch batch;
    for (std::uint32_t i = 0; i < 20'000; ++i) batch.add(1, {wide(key++), key}, 1);
    const BatchReport report = offer(batch, Limits::tumbling(10, 0, 1).limits);
    ASSERT_EQ(report.first_seen.size(), 20'000u);
  }

  const BackendStatus status = backend_->status();
  EXPECT_EQ(status.keys, 80'000u);
  EXPECT_GE(status.key_capacity, 80'000u);
  EXPECT_GT(status.key_capacity, first_capacity);
  EXPECT_GT(status.rehashes, 0u);
  EXPECT_GT(status.state_bytes, 80'000u * 32);
  const Rows found = rows(0);
  ASSERT_EQ(found.size(), 80'000u);
  for (const auto& [name, row] : found) ASSERT_EQ(row, (Row{1, 0, 1, 1, 1}));
}

}  // namespace
}  // namespace sluice::contract
