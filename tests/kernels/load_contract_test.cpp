#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {
namespace {

class LoadContract : public BackendContract {};

INSTANTIATE_TEST_SUITE_P(Backends, LoadContract, testing::ValuesIn(backend_factories()),
                         [](const auto& tested) { return tested.param.name; });

std::uint64_t wide(std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15u + 1; }

struct Load {
  std::string name;
  std::function<Key(std::mt19937_64&, std::size_t)> key;
};

std::vector<Load> loads() {
  return {{"one key",
           [](std::mt19937_64&, std::size_t) {
             return Key{3, 0};
           }},
          {"few keys",
           [](std::mt19937_64& r, std::size_t) {
             return Key{r() % 100, 0};
           }},
          {"skewed keys",
           [](std::mt19937_64& r, std::size_t) {
             const double u = static_cast<double>(r() >> 11) * 0x1p-53;
             return Key{static_cast<std::uint64_t>(std::pow(50'000.0, u)), 0};
           }},
          {"many hashed keys",
           [](std::mt19937_64& r, std::size_t) {
             const std::uint64_t key = wide(r() % 60'000);
             return Key{key, key ^ (std::uint64_t{1} << 63)};
           }},
          {"all distinct", [](std::mt19937_64&, std::size_t i) {
             return Key{i, 0};
           }}};
}

TEST_P(LoadContract, RowsAreRightForEverySizeAndDistributionOfKeys) {
  for (const Load& load : loads()) {
    make(full_layout());
    std::mt19937_64 random(42);
    std::map<PaneIndex, Rows> expected;
    for (const std::size_t size : {1u, 31u, 33u, 257u, 4096u, 65'537u}) {
      SCOPED_TRACE(load.name + ", seed 42, size " + std::to_string(size));
      EventBatch batch;
      for (std::size_t i = 0; i < size; ++i) {
        const auto time = static_cast<EventTime>(size == 4096 ? random() % 90 : 30 + i / 30'000);
        std::optional<std::int64_t> value = static_cast<std::int64_t>(random());
        if (size == 257 && i % 5 == 0) value.reset();
        batch.add(time, load.key(random, i), value, static_cast<PartitionIndex>(i / 9 % 3));
      }
      const BatchReport report = offer(batch, Limits::tumbling(10, 0, 10).limits);
      ASSERT_EQ(report.accepted, size);
      for (const auto& [pane, found] : expected_rows(batch, 10)) {
        for (const auto& [key, row] : found) {
          Row& sum = expected[pane][key];
          sum.count += row.count;
          sum.nulls += row.nulls;
          sum.sum += row.sum;
          sum.minimum = std::min(sum.minimum, row.minimum);
          sum.maximum = std::max(sum.maximum, row.maximum);
        }
      }
    }
    for (const auto& [pane, found] : expected) {
      ASSERT_TRUE(rows(static_cast<ColumnIndex>(pane)) == found)
          << load.name << ", seed 42, pane " << pane;
    }
  }
}

TEST_P(LoadContract, TheOrderInsideABatchDoesNotMatter) {
  std::mt19937_64 random(5);
  EventBatch batch;
  for (std::uint32_t i = 0; i < 40'000; ++i) {
    batch.add(static_cast<EventTime>(random() % 300), {wide(random() % 5000), 1},
              static_cast<std::int64_t>(random()));
  }
  const std::map<PaneIndex, Rows> expected = expected_rows(batch, 100);
  for (const std::uint32_t seed : {1u, 2u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    make(full_layout());

    offer(batch.shuffled(seed), Limits::tumbling(100, 0, 3).limits);

    for (ColumnIndex column = 0; column < 3; ++column) {
      ASSERT_TRUE(rows(column) == expected.at(column));
    }
  }
}

TEST_P(LoadContract, ThePanesOfABatchMayBeThousands) {
  make(full_layout());
  EventBatch batch;
  std::mt19937_64 random(3);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    batch.add(static_cast<EventTime>(random() % 3000), {random() % 600, 0}, i);
  }

  const BatchReport report = offer(batch, Limits::tumbling(1, 0, 3000).limits);

  EXPECT_EQ(report.accepted, 20'000u);
  EXPECT_EQ(report.opened.size(), backend_->status().columns);
  const std::map<PaneIndex, Rows> expected = expected_rows(batch, 1);
  for (ColumnIndex column = 0; column < 3000; column += 7) {
    const auto found = expected.find(column);
    ASSERT_EQ(rows(column), found == expected.end() ? Rows{} : found->second);
  }
}

TEST_P(LoadContract, TheDirectoryGrowsInBothDirections) {
  make(full_layout());
  std::map<ColumnIndex, Rows> expected;
  std::uint64_t next_key = 0;
  for (const ColumnIndex column : {0u, 3u, 40u, 5u, 700u, 1u}) {
    EventBatch batch;
    for (std::uint32_t i = 0; i < 3000; ++i) batch.add(1, {next_key++ % 12'000, 0}, i);
    offer(batch, Limits::tumbling(10, 0, 1, column).limits);
    expected[column] = expected_rows(batch, 10).at(0);
  }

  for (const auto& [column, found] : expected) EXPECT_TRUE(rows(column) == found) << column;
}

}  // namespace
}  // namespace sluice::contract
