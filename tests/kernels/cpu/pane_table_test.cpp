#include "kernels/cpu/pane_table.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "kernels/cpu/merge_layers.hpp"
#include "kernels/row_layout.hpp"

namespace sluice::cpu {
namespace {

constexpr std::size_t plenty = std::size_t{64} << 20;

RowLayout layout() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0}};
  return lay_out_row(needs);
}

/// Writes recognisable words into the row of (column, slot).
void write(PaneTable& table, ColumnIndex column, KeySlot slot, std::uint64_t value) {
  const RowGroup group = table.open(column, slot / table.chunk_rows());
  ASSERT_TRUE(group);
  group.hot[slot % group.rows * 4] = value;
  group.hot[slot % group.rows * 4 + 1] = value * 10;
  group.cold[slot % group.rows] = value * 100;
}

std::vector<std::uint64_t> read(const PaneTable& table, ColumnIndex column, KeySlot slot) {
  const RowGroup group = table.chunk(column, slot / table.chunk_rows());
  if (!group) return {};
  const std::size_t row = slot % group.rows;
  return {group.hot[row * 4], group.hot[row * 4 + 1], group.cold[row]};
}

TEST(PaneTable, APaneOfFewKeysTakesNoMoreThanTheirRows) {
  StateBudget budget(plenty);
  PaneTable table(layout(), budget);
  ASSERT_TRUE(table.cover(1000, 4));
  const std::size_t before = budget.used();

  for (ColumnIndex column = 0; column < 1000; ++column) ASSERT_TRUE(table.open(column, 0));

  EXPECT_EQ(table.chunk_rows(), 4u);
  EXPECT_EQ((budget.used() - before) / 1000, 4 * layout().words() * sizeof(std::uint64_t));
}

TEST(PaneTable, CoversWhatItHasMadeRoomFor) {
  StateBudget budget(plenty);
  PaneTable table(layout(), budget, 2);
  EXPECT_TRUE(table.covers(0, 0));
  EXPECT_FALSE(table.covers(1, 1));

  ASSERT_TRUE(table.cover(20, 300));

  EXPECT_TRUE(table.covers(20, 300));
  EXPECT_TRUE(table.covers(1, 1));
  EXPECT_FALSE(table.covers(20, table.slots() + 1));
  EXPECT_FALSE(table.covers(table.columns() + 1, 300));
}

TEST(PaneTable, ChunksGrowWithTheKeysAndKeepTheirRows) {
  StateBudget budget(plenty);
  PaneTable table(layout(), budget, 2);
  ASSERT_TRUE(table.cover_layers());
  ASSERT_TRUE(table.cover(40, 3));
  std::size_t slots = 3;
  for (const std::size_t next : {4u, 5u, 60u, 256u, 257u, 5000u}) {
    for (KeySlot slot = 0; slot < slots; slot += 2) {
      for (ColumnIndex column = 1; column < 40; column += 3) {
        write(table, column, slot, column * 10'000 + slot + 1);
      }
    }
    ASSERT_TRUE(table.cover(40, next));
    EXPECT_GE(table.slots(), next);
    for (KeySlot slot = 0; slot < slots; slot += 2) {
      for (ColumnIndex column = 1; column < 40; column += 3) {
        const std::uint64_t value = column * 10'000 + slot + 1;
        ASSERT_EQ(read(table, column, slot),
                  (std::vector<std::uint64_t>{value, value * 10, value * 100}))
            << column << " " << slot << " of " << next;
      }
    }
    EXPECT_FALSE(table.chunk(0, 0));
    slots = next;
  }
  EXPECT_EQ(table.chunk_rows(), max_chunk_rows);
  EXPECT_EQ(table.chunk(1, 0).hot[1 * 4 + 2], static_cast<std::uint64_t>(minimum_identity))
      << "rows that nobody has written are empty";

  table.clear();
  EXPECT_EQ(budget.used(), 0u);
}

TEST(PaneTable, ChunksStaySmallWhenMemoryCannotHoldBothSizes) {
  StateBudget budget(std::size_t{40} << 10);
  PaneTable table(layout(), budget);
  ASSERT_TRUE(table.cover(200, 4));
  std::uint64_t opened = 0;
  for (ColumnIndex column = 0; column < 150; ++column) {
    if (table.open(column, 0)) write(table, column, 2, ++opened);
  }
  ASSERT_EQ(opened, 150u);
  const std::size_t used = budget.used();

  const bool covered = table.cover(200, 100);

  EXPECT_FALSE(covered);
  EXPECT_EQ(table.chunk_rows(), 4u);
  EXPECT_EQ(budget.used(), used);
  EXPECT_EQ(read(table, 149, 2), (std::vector<std::uint64_t>{150, 1500, 15'000}));
}

TEST(PaneTable, BytesOfMoreColumnsAreEnoughForThem) {
  StateBudget budget(plenty);
  PaneTable table(layout(), budget);
  ASSERT_TRUE(table.cover(10, 1000));
  const std::size_t bytes = table.bytes_of_more(90, 1000);
  const std::size_t before = budget.used();

  ASSERT_TRUE(table.cover(100, 1000));
  for (ColumnIndex column = 10; column < 100; ++column) {
    for (std::size_t chunk = 0; chunk < 4; ++chunk) ASSERT_TRUE(table.open(column, chunk));
  }

  EXPECT_LE(budget.used() - before, bytes);
  EXPECT_EQ(table.bytes_of_more(0, 1000), 0u);
}

TEST(PaneTable, LayersAreMovedOrAdded) {
  StateBudget budget(plenty);
  Workers workers(3);
  PaneTable table(layout(), budget, 3);
  ASSERT_TRUE(table.cover(3, 300));
  ASSERT_TRUE(table.cover_layers());
  const auto add = [&](unsigned worker, ColumnIndex column, KeySlot slot, std::uint64_t value) {
    const RowFinder rows = table.rows({worker, worker});
    std::uint64_t* row = rows.find(rows.chunks_of(column), slot);
    if (row == nullptr) row = rows.open(column, slot);
    ASSERT_NE(row, nullptr);
    row[0] += 1;
    row[1] += value;
  };
  add(0, 0, 5, 1);
  add(1, 0, 5, 10);
  add(2, 0, 5, 100);
  add(1, 1, 299, 7);
  add(2, 1, 299, 8);
  add(2, 2, 0, 9);

  merge_layers(workers, table);
  table.end_opening();

  EXPECT_EQ(read(table, 0, 5), (std::vector<std::uint64_t>{3, 111, 0}));
  EXPECT_EQ(read(table, 1, 299), (std::vector<std::uint64_t>{2, 15, 0}));
  EXPECT_EQ(read(table, 2, 0), (std::vector<std::uint64_t>{1, 9, 0}));
  for (unsigned layer = 1; layer < 3; ++layer) EXPECT_EQ(table.layer_chunks(layer), 0u);

  for (ColumnIndex column = 0; column < 3; ++column) {
    for (std::size_t chunk = 0; chunk < 2; ++chunk) table.drop(column, chunk);
  }
  table.clear();
  EXPECT_EQ(budget.used(), 0u);
}

TEST(StateBudget, WhatIsReservedIsNotTaken) {
  StateBudget budget(1000);
  ASSERT_TRUE(budget.take(300));

  budget.reserve(500);

  EXPECT_EQ(budget.left(), 200u);
  EXPECT_FALSE(budget.take(201));
  EXPECT_TRUE(budget.take(200));
  EXPECT_EQ(budget.left(), 0u);
  budget.reserve(900);
  EXPECT_EQ(budget.left(), 0u);
  budget.reserve(0);
  EXPECT_TRUE(budget.take(500));
}

TEST(PaneTable, ChunksBeyondTheLastKeyAreGivenBack) {
  StateBudget budget(plenty);
  PaneTable table(layout(), budget);
  ASSERT_TRUE(table.cover(2, 2000));
  for (std::size_t chunk = 0; chunk < 8; ++chunk) ASSERT_TRUE(table.open(1, chunk));
  write(table, 1, 300, 7);
  const std::size_t before = budget.used();

  table.drop_from(301);

  EXPECT_EQ(before - budget.used(), 6 * table.chunk_bytes());
  EXPECT_EQ(read(table, 1, 300), (std::vector<std::uint64_t>{7, 70, 700}));
  EXPECT_FALSE(table.chunk(1, 2));
}

}  // namespace
}  // namespace sluice::cpu
